declare const brand: unique symbol;

/** A value of type `T` that has passed the checks named by `Name`. Erased at run time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
