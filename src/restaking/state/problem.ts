// What is wrong with JSON, in words: the first field that a schema does not take.
import type { z } from 'zod';

export type Problem = { readonly field: string; readonly problem: string };

/** Fields are paths such as `params.0.newMagnitudes`. */
export function firstProblem(error: z.ZodError): Problem {
  return problemOf(error.issues[0], []);
}

function problemOf(issue: z.core.$ZodIssue | undefined, above: readonly PropertyKey[]): Problem {
  if (issue === undefined) return { field: above.map(String).join('.'), problem: 'not as expected' };
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return { field: [...path, issue.keys[0]].map(String).join('.'), problem: 'no such field' };
  // Of several forms the one speaks that is nearest, unless the alternatives are forms of one value with words of their own.
  const inner = issue.code === 'invalid_union' && !hasOwnWords(issue) ? nearest(issue.errors)?.[0] : undefined;
  if (inner !== undefined) return problemOf(inner, path);
  const isMissing = issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union');
  return { field: path.map(String).join('.'), problem: isMissing ? 'missing' : issue.message };
}

/** With the fewest problems, the first of equals. */
function nearest(forms: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  return forms.reduce((best, form) => (form.length < best.length ? form : best), forms[0] ?? []);
}

function hasOwnWords({ message }: z.core.$ZodIssue): boolean {
  return message !== 'Invalid input';
}
