// Reader of the project's copies of the restaking traces (format restaking-trace/1).
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { array, type Json, type JsonObject, object, text } from './json.ts';

export type Step = { op: JsonObject; result: Json; state: Json | undefined };
export type Trace = { id: string; config: JsonObject; steps: Step[] };

/** Every trace of a file under vectors/; the profile of the file stands in for one that a trace does not name. */
export function traces(file: string): Trace[] {
  const path = new URL(`../../../vectors/${file}`, import.meta.url);
  const json: Json = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
  const wrapper: JsonObject = Array.isArray(json) ? { traces: json } : object(json, file);
  return array(wrapper, 'traces').map((entry) => {
    const trace = object(entry, 'trace');
    const profile = wrapper['profile'];
    return {
      id: text(trace, trace['id'] === undefined ? 'name' : 'id'),
      config: { ...(profile === undefined ? {} : { profile }), ...object(trace['config'], 'config') },
      steps: array(trace, 'steps').map((one) => {
        const step = object(one, 'step');
        return { op: object(step['op'], 'op'), result: object(step['result'], 'result'), state: step['state'] };
      }),
    };
  });
}
