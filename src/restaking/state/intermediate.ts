// A rounded integer on the way to a result, for those who ask which floor and which factor.

/** What it is and of whom (`scaled(alice,S1)`), the formula with its operands, the value. */
export type Intermediate = { readonly what: string; readonly expr: string; readonly value: bigint };
