// Limits that several kinds of script share (BIP141, BIP342; the reduced-data proposal BIP110 as a relay rule).

/** Longest item of a stack. @unit bytes */
export const MAX_ITEM_BYTES = 520;
/** Longest item that Bitcoin Knots relays. @unit bytes */
export const MAX_STANDARD_ITEM_BYTES = 256;
/** Most items on the stack, at any time. */
export const MAX_STACK_ITEMS = 1000;
