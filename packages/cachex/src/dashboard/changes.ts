import type { Member, View } from '@cachex/router';

/** What a view says that the one before it did not, a sentence each. */
export function describeChange(previous: View, next: View): string[] {
  if (previous.birth !== next.birth) return ['the cluster was founded anew'];
  const words = [...membership(previous, next), ...opening(previous, next), ...ownership(previous, next)];
  words.push(...copies(previous, next));
  if (words.length === 0 && previous.electorate.epoch !== next.electorate.epoch)
    words.push('who grants leases was settled anew');
  return words.length === 0 ? ['nothing that is shown here'] : words;
}

function membership(previous: View, next: View): string[] {
  const words: string[] = [];
  const before = byId(previous.members);
  const now = byId(next.members);
  for (const { id, weight, incarnation } of next.members) {
    const known = before.get(id);
    if (known === undefined)
      words.push(weight === 0 ? `${id} joined, to own nothing` : `${id} joined, weight ${weight}`);
    else if (known.incarnation !== incarnation) words.push(`${id} came back as a new process`);
    else if (known.weight !== weight) words.push(`${id}: weight ${known.weight} → ${weight}`);
  }
  for (const { id } of previous.members) if (!now.has(id)) words.push(`${id} is gone`);
  return words;
}

function opening(previous: View, next: View): string[] {
  const words: string[] = [];
  const before = byId(previous.members);
  for (const { id, opened, incarnation } of next.members) {
    const known = before.get(id);
    const had = known?.incarnation === incarnation ? known.opened : [];
    const names = opened.filter((name) => !had.includes(name));
    const first = names.filter((name) => !Object.hasOwn(previous.caches, name));
    const later = names.filter((name) => !first.includes(name));
    if (first.length > 0) words.push(`${id} opened ${list(first)}, the first to do so`);
    if (later.length > 0) words.push(`${id} opened ${list(later)}`);
  }
  return words;
}

function ownership(previous: View, next: View): string[] {
  const now = byId(next.members);
  const counts = new Map<string, { from: string | null; to: string | null; count: number }>();
  next.owners.forEach((to, partition) => {
    const from = previous.owners[partition] ?? null;
    if (from === to) return;
    const key = JSON.stringify([from, to]);
    const known = counts.get(key) ?? { from, to, count: 0 };
    known.count += 1;
    counts.set(key, known);
  });
  return [...counts.values()].map(({ from, to, count }) => {
    const what = count === 1 ? '1 partition' : `${count} partitions`;
    if (to === null) return `${what} of ${from}: nobody owns them now`;
    if (from === null) return `${what} that nobody owned: now of ${to}`;
    return now.has(from) ? `${what}: ${from} → ${to}` : `${what} of ${from}, which is gone: now of ${to}`;
  });
}

function copies(previous: View, next: View): string[] {
  let added = 0;
  let removed = 0;
  next.backups.forEach((ids, partition) => {
    const before = previous.backups[partition] ?? [];
    // As it is with most, for which nothing is to be made.
    if (ids.length === before.length && ids.every((id, n) => id === before[n])) return;
    added += ids.filter((id) => !before.includes(id)).length;
    removed += before.filter((id) => !ids.includes(id)).length;
  });
  const parts = [added > 0 ? `${added} added` : '', removed > 0 ? `${removed} dropped` : ''];
  return added + removed === 0 ? [] : [`copies: ${parts.filter((part) => part !== '').join(', ')}`];
}

function byId(members: readonly Member[]): ReadonlyMap<string, Member> {
  return new Map(members.map((member) => [member.id, member]));
}

function list(names: readonly string[]): string {
  return names.map((name) => `‘${name}’`).join(', ');
}
