/**
 * A value of type `T` that has passed the checks named by `Name`. Erased at run time. The key is text and no symbol of ours: declaration files
 * of those who use the library can name it, and two installed copies agree.
 */
export type Brand<T, Name extends string> = T & { readonly '~brand': Name };
