// The names of what a spend can break: the script rules with the texts of Bitcoin Core's reject reasons, and the other reasons of the mempool.

/** Script rules (Bitcoin Core's script error names) and the text that stands in the parentheses of a reject reason. */
export const SCRIPT_TEXT = {
  EVAL_FALSE: 'Script evaluated without error but finished with a false/empty top stack element',
  CLEANSTACK: 'Stack size must be exactly one after execution',
  CHECKSIGVERIFY: 'Script failed an OP_CHECKSIGVERIFY operation',
  NUMEQUALVERIFY: 'Script failed an OP_NUMEQUALVERIFY operation',
  EQUALVERIFY: 'Script failed an OP_EQUALVERIFY operation',
  OP_RETURN: 'OP_RETURN was encountered',
  INVALID_STACK_OPERATION: 'Operation not valid with the current stack size',
  INVALID_ALTSTACK_OPERATION: 'Operation not valid with the current altstack size',
  UNBALANCED_CONDITIONAL: 'Invalid OP_IF construction',
  STACK_SIZE: 'Stack size limit exceeded',
  PUSH_SIZE: 'Push value size limit exceeded',
  SCRIPT_SIZE: 'Script is too big',
  OP_COUNT: 'Operation limit exceeded',
  BAD_OPCODE: 'Opcode missing or not understood',
  DISABLED_OPCODE: 'Attempted to use a disabled opcode',
  MINIMALDATA: 'Data push larger than necessary',
  NEGATIVE_LOCKTIME: 'Negative locktime',
  UNSATISFIED_LOCKTIME: 'Locktime requirement not satisfied',
  SCHNORR_SIG_SIZE: 'Invalid Schnorr signature size',
  SCHNORR_SIG_HASHTYPE: 'Invalid Schnorr signature hash type',
  SCHNORR_SIG: 'Invalid Schnorr signature',
  TAPROOT_WRONG_CONTROL_SIZE: 'Invalid Taproot control block size',
  TAPSCRIPT_VALIDATION_WEIGHT: 'Too much signature validation relative to witness weight',
  WITNESS_PROGRAM_MISMATCH: 'Witness program hash mismatch',
  WITNESS_PROGRAM_WITNESS_EMPTY: 'Witness program was passed an empty witness',
  WITNESS_MALLEATED: 'Witness requires empty scriptSig',
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION: 'Taproot version reserved for soft-fork upgrades',
  DISCOURAGE_OP_SUCCESS: 'OP_SUCCESSx reserved for soft-fork upgrades',
  DISCOURAGE_UPGRADABLE_PUBKEYTYPE: 'Public key version reserved for soft-fork upgrades',
  PUBKEYTYPE: 'Public key is neither compressed or uncompressed',
  WITNESS_PUBKEYTYPE: 'Using non-compressed keys in segwit',
  SIG_DER: 'Non-canonical DER signature',
  SIG_HASHTYPE: 'Signature hash type missing or not understood',
  SIG_HIGH_S: 'Non-canonical signature: S value is unnecessarily high',
  SIG_NULLFAIL: 'Signature must be zero for failed CHECK(MULTI)SIG operation',
  UNKNOWN_ERROR: 'unknown error',
} as const;

/** A rule of script execution. */
export type ScriptRule = keyof typeof SCRIPT_TEXT;

/** A rule outside scripts, named by its mempool reason (a block has some of them under another name: BIP68 is `bad-txns-nonfinal` there). */
export type TransactionRule =
  | 'bad-txns-vin-empty'
  | 'bad-txns-vout-empty'
  | 'bad-txns-oversize'
  | 'bad-txns-vout-negative'
  | 'bad-txns-vout-toolarge'
  | 'bad-txns-txouttotal-toolarge'
  | 'bad-txns-inputs-duplicate'
  | 'bad-txns-prevout-null'
  | 'bad-cb-length'
  | 'coinbase'
  | 'bad-blk-weight'
  | 'bad-blk-sigops'
  | 'version'
  | 'tx-size'
  | 'scriptsig-size'
  | 'scriptsig-not-pushonly'
  | 'scriptpubkey'
  | 'dust'
  | 'multi-op-return'
  | 'tx-size-small'
  | 'non-final'
  | 'non-BIP68-final'
  | 'bad-txns-inputvalues-outofrange'
  | 'bad-txns-in-belowout'
  | 'bad-txns-vout-script-toolarge'
  | 'bad-witness-taproot-annex'
  | 'bad-witness-taproot-stackitem-size'
  | 'bad-witness-taproot-control-missing'
  | 'bad-txns-too-many-sigops'
  | 'truc-vsize-toobig';

export type Rule = ScriptRule | TransactionRule;

/** A broken rule: of which input where one is to blame, and in words. */
export type Failure = { readonly rule: Rule; readonly inputIndex?: number; readonly text: string };

/** The failure of a script rule, with Core's text. */
export function scriptFailure(rule: ScriptRule, inputIndex: number): Failure {
  return { rule, inputIndex, text: SCRIPT_TEXT[rule] };
}

/** The failure of any other rule. */
export function transactionFailure(rule: TransactionRule, text: string, inputIndex?: number): Failure {
  return inputIndex === undefined ? { rule, text } : { rule, inputIndex, text };
}

/** True for the rules whose text is a script error of Bitcoin Core. */
export function isScriptRule(rule: Rule): rule is ScriptRule {
  return Object.hasOwn(SCRIPT_TEXT, rule);
}
