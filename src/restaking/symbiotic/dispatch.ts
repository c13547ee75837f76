// Which function of which contract an operation is.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as BaseDelegator from './BaseDelegator.ts';
import * as Clock from './Clock.ts';
import * as FullRestakeDelegator from './FullRestakeDelegator.ts';
import * as NetworkRegistry from './NetworkRegistry.ts';
import * as NetworkRestakeDelegator from './NetworkRestakeDelegator.ts';
import type { Operation, Reason } from './Operations.ts';
import * as OperatorRegistry from './OperatorRegistry.ts';
import * as OptInService from './OptInService.ts';
import * as Slasher from './Slasher.ts';
import type { State } from './state.ts';
import * as Vault from './Vault.ts';
import * as VetoSlasher from './VetoSlasher.ts';

type Handlers = { readonly [K in Operation['op']]: (ledger: State, operation: Extract<Operation, { op: K }>) => object };

const HANDLERS: Handlers = {
  advance: Clock.advance,
  deposit: Vault.deposit,
  withdraw: Vault.withdraw,
  redeem: Vault.redeem,
  claim: Vault.claim,
  claimBatch: Vault.claimBatch,
  setDepositWhitelist: Vault.setDepositWhitelist,
  setDepositorWhitelistStatus: Vault.setDepositorWhitelistStatus,
  setIsDepositLimit: Vault.setIsDepositLimit,
  setDepositLimit: Vault.setDepositLimit,
  setMaxNetworkLimit: BaseDelegator.setMaxNetworkLimit,
  setNetworkLimit: BaseDelegator.setNetworkLimit,
  setOperatorNetworkLimit: FullRestakeDelegator.setOperatorNetworkLimit,
  setOperatorNetworkShares: NetworkRestakeDelegator.setOperatorNetworkShares,
  registerOperator: OperatorRegistry.registerOperator,
  registerNetwork: NetworkRegistry.registerNetwork,
  optInVault: OptInService.optInVault,
  optOutVault: OptInService.optOutVault,
  optInNetwork: OptInService.optInNetwork,
  optOutNetwork: OptInService.optOutNetwork,
  setResolver: VetoSlasher.setResolver,
  slash: Slasher.slash,
  requestSlash: VetoSlasher.requestSlash,
  executeSlash: VetoSlasher.executeSlash,
  vetoSlash: VetoSlasher.vetoSlash,
};

/** @throws ledger.reverted, operation.unknown, input.*, symbiotic.* */
export function dispatch(ledger: State, operation: Operation): object {
  const given = copied(operation);
  const { op } = given;
  if (!Object.hasOwn(HANDLERS, op)) fail<Reason>({ code: 'operation.unknown', op: String(op) }, `op: no operation ${String(op)}`);
  // A name selects its member of the union, which the table's type says for each and TypeScript cannot for all.
  const handle = HANDLERS[op] as (ledger: State, operation: Operation) => object;
  return handle(ledger, given);
}

/** Read once: a getter could say something else the second time, and a proxy may throw anything. */
function copied(operation: Operation): Operation {
  Check.object(operation, 'operation');
  try {
    const fields = Object.entries(operation).map(([key, value]: [string, unknown]) => [key, Array.isArray(value) ? [...value] : value]);
    return Object.fromEntries(fields) as Operation;
  } catch (cause) {
    return fail<Reason>({ code: 'operation.unreadable' }, 'operation: cannot be read', { cause });
  }
}
