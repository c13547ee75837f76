// Contents page of the wallet folder: who signs, and the steps from a plan to a broadcast.
export {};
