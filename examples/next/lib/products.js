import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheLife, cacheTag } from 'next/cache';

// Stands for a database that all processes use.
const file = process.env.DATABASE ?? join(tmpdir(), 'next-example.json');

async function prices() {
  const found = await readFile(/*turbopackIgnore: true*/ file, 'utf8').catch(() => '{}');
  return { lamp: 4, chair: 5, table: 6, ...JSON.parse(found) };
}

/** A product, loaded once for all processes. */
export async function findProduct(id) {
  'use cache: remote';
  cacheTag(`product-${id}`);
  cacheLife('hours');
  console.log(`loading ${id}`);
  return { id, price: (await prices())[id] ?? null };
}

/** All products, as the page that is made of them shows them. */
export async function listProducts() {
  'use cache';
  cacheTag('products');
  cacheLife('hours');
  console.log('loading the list');
  return Object.entries(await prices());
}

export async function setPrice(id, price) {
  await writeFile(/*turbopackIgnore: true*/ file, JSON.stringify({ ...(await prices()), [id]: price }));
}
