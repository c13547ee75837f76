// A file of any of the exchange formats: cases of "satlock-vectors/1", or traces of "restaking-trace/1".
import * as Traces from '../restaking/Traces.ts';
import * as Format from './Format.ts';
import { verifyTraces } from './traceCheck.ts';
import * as Verify from './Verify.ts';

export type AnyFile =
  | { readonly format: 'cases'; readonly file: Format.VectorFile }
  | { readonly format: 'traces'; readonly file: Traces.TraceFile };

export type Reason = Format.Reason | Traces.Reason;

/** @throws vectors.* - not as the format says; trace.* - the same of traces */
export function parse(json: unknown): AnyFile {
  return Traces.isTraceFile(json) ? { format: 'traces', file: Traces.parse(json) } : { format: 'cases', file: Format.parse(json) };
}

/** Runs every case, or every trace, and compares what the file says of it. A trace counts as one case. */
export function verify(any: AnyFile): Verify.FileResult {
  return any.format === 'traces' ? verifyTraces(any.file) : Verify.verifyFile(any.file);
}
