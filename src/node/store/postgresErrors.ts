// What the errors of a PostgreSQL server mean for a sign store, by SQLSTATE (PostgreSQL manual, appendix A).
import pg from 'pg';
import { corrupt, full, readOnly, timedOut, unavailable } from './clusterErrors.ts';

/** Throws the `store.*` failure for an SQL error. */
export function failOf(error: pg.DatabaseError, where: string, limitMs: number): never {
  const state = error.code ?? '';
  if (state === '53100') full('postgres', where, error);
  if (state === '25006') readOnly('postgres', where, error.message);
  if (state.startsWith('XX')) corrupt('postgres', where, `${error.message} (SQLSTATE ${state})`, error);
  if (state === '42P01' || state === '3F000' || state === '42703')
    corrupt('postgres', where, `tables of the store are missing: ${error.message}`, error);
  // a lock or a statement that took too long: nothing was written
  if (state === '55P03' || state === '57014') timedOut('postgres', where, limitMs, error);
  unavailable('postgres', where, `${error.message} (SQLSTATE ${state})`, error);
}

/** True for a transaction that the server ended because of another one: it may be run again as it is. */
export function isRetryable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof pg.DatabaseError && (cause.code === '40001' || cause.code === '40P01');
}
