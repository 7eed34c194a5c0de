import { expect, it } from 'vitest';
import { type Answer, ask, service } from '../../testing/service.ts';

const program = new URL('../dist/main.js', import.meta.url);
const limit = 40;

it('is one shop in three processes: products, prices, baskets and limits are the same in all', {
  timeout: 120_000,
}, async () => {
  await using shop = await service(program, { LIMIT: String(limit) });
  const seen = new Set<string>();
  let asked = 0;
  /** Asks with a connection of its own, which any of the processes may get. */
  const request = async (path: string, init: Parameters<typeof ask>[1] = {}): Promise<Answer> => {
    asked += 1;
    const answer = await ask(shop.url + path, init);
    seen.add(answer.headers['x-process'] as string);
    return answer;
  };

  const lamps = await Promise.all(Array.from({ length: 9 }, () => request('/products/lamp')));
  for (const { body } of lamps) expect(body).toEqual({ id: 'lamp', price: 4 });
  expect(shop.lines.filter((line) => line === 'loading lamp')).toHaveLength(1);
  expect(seen.size).toBe(3);

  const headers = { 'content-type': 'application/json' };
  await request('/products/lamp', { method: 'PUT', headers, body: '{"price":9}' });
  for (let n = 0; n < 3; n += 1)
    expect((await request('/products/lamp')).body).toEqual({ id: 'lamp', price: 9 });

  let cookie = '';
  for (const [n, id] of ['lamp', 'chair', 'table'].entries()) {
    const { body, headers } = await request(`/basket/${id}`, { method: 'POST', headers: { cookie } });
    expect(body).toEqual(['lamp', 'chair', 'table'].slice(0, n + 1));
    cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? cookie;
  }

  while (asked < limit) expect((await request('/products/lamp')).status).toBe(200);
  for (let n = 0; n < 3; n += 1) expect((await request('/products/lamp')).status).toBe(429);
  expect(await shop.stop()).toBe(0);
});
