// What the signer is told about messages, without knowing any protocol: which bytes are a vote, and which digests a commitment or a proof signs.
// Put together from babylon/ in node/.

export type Vote = { readonly height: bigint };

export interface Recognisers {
  /**
   * Reads a vote of the chain.
   *
   * @returns the height inside the vote; undefined when the bytes are not a well-formed vote
   */
  readonly vote: (message: Uint8Array, chainId: string) => Vote | undefined;
  /** The digest that a commitment over a list of randomness signs. @shape root and result: 32 bytes */
  readonly commitmentDigest: (list: {
    readonly chainId: string;
    readonly startHeight: bigint;
    readonly count: number;
    readonly root: Uint8Array;
  }) => Uint8Array;
  /** Every digest that a proof of possession of this address may sign. @shape 32 bytes each */
  readonly possessionDigests: (address: string) => readonly Uint8Array[];
}
