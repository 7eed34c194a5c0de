import * as cachex from 'cachex/cluster';

const { DIRECTORY: directory } = process.env;

let joining;

/** The node of this process and its cache, for the server and for both handlers: joins when it is first needed. */
export function join() {
  joining ??= enter().catch((error) => {
    joining = undefined; // and the next who needs it tries again
    throw error;
  });
  return joining;
}

async function enter() {
  const node = await cachex.join({
    cluster: 'next-example',
    backups: 1,
    ...(directory === undefined ? {} : { directory }),
  });
  // At once: what another process asks of this one waits until it has opened the same.
  return { node, cache: node.cache('next') };
}

/** Where both handlers keep what Next gives them. */
export async function open() {
  return (await join()).cache;
}
