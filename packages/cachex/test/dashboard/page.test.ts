import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ClusterCache, type ClusterNode, type Dashboard, join } from '../../src/cluster/index.ts';
import { eventually, Machine } from '../cluster/fixtures/machine.ts';
import { describeChromium, launchChromium } from './chromium.ts';

const token = 'correct horse battery';
const hostile = '<img src=x onerror="window.hurt=1"><b>bold</b>';

describeChromium('the page in Chromium', () => {
  let browser: Browser;
  let machine: Machine;
  let node: ClusterNode;
  let users: ClusterCache<string, unknown>;
  let dashboard: Dashboard;
  let page: Page;
  /** What the page did that its policy forbids, and what it threw. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    complaints = [];
    machine = await Machine.start();
    node = await join({
      ...{ cluster: 'processes', directory: machine.directory, id: 'own', settle: '10ms', partitions: 256 },
    });
    users = node.cache<string, unknown>('users', { stats: true });
    dashboard = await node.dashboard({ port: 0 });
  });
  afterEach(async () => {
    await page?.context().close();
    await node.close();
    await machine.stop();
    expect(complaints).toEqual([]);
  });

  async function look(url = dashboard.url, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options);
    page = await context.newPage();
    page.setDefaultTimeout(45_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  const row = (id: string) => page.locator(`[data-node="${id}"]`);
  const standing = (words: string) => page.locator('.standing', { hasText: words }).waitFor();

  it('shows a node that joins, and partitions that move to it', async () => {
    await look();
    await row('own').waitFor();
    await page.getByText('256 owned').waitFor();
    expect(await row('b').count()).toBe(0);
    const joining = await machine.worker('b', { cache: { stats: true } });
    await row('b').getByText('128 owned').waitFor();
    await row('own').getByText('128 owned').waitFor();
    await page.locator('.changes').getByText('b joined, weight 1').waitFor();
    await page.locator('.changes').getByText('own → b').first().waitFor();
    await page.getByRole('img', { name: '256 partitions: b owns 128, own owns 128' }).waitFor();
    // It tells of itself, and at last of its going.
    await row('b').locator('[data-name=memory]', { hasText: 'MB' }).waitFor();
    await joining.end();
    await page.locator('.changes').getByText('b is gone').waitFor();
    await row('b').waitFor({ state: 'detached' });
  });

  it('shows a third process beside two others, each in a colour of its own', async () => {
    await machine.worker('b', { cache: { stats: true } });
    await look();
    await machine.worker('c', { cache: { stats: true } });
    await row('c').getByText('85 owned').or(row('c').getByText('86 owned')).waitFor();
    const colours = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.node .swatch')].map((each) => getComputedStyle(each).backgroundColor)",
    );
    expect(new Set(colours).size).toBe(3);
  });

  it('shows calls, and a key that looks like HTML as the text that it is', async () => {
    await look();
    await users.put(hostile, hostile);
    let reading = true;
    const reads = (async () => {
      while (reading) {
        for (let n = 0; n < 50; n += 1) await users.get(hostile);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await page
      .locator('.hot')
      .first()
      .locator('code', { hasText: hostile.slice(0, 30) })
      .waitFor();
    await row('own').locator('[data-name="hit rate"]', { hasText: '100 %' }).waitFor();
    await row('own').locator('[data-name=p99]', { hasText: 'ms' }).waitFor();
    reading = false;
    await reads;
    expect(await page.locator('img, #page b b, code b').count()).toBe(0);
    expect(await page.evaluate("'hurt' in window")).toBe(false);
  });

  it('shows the name of a cache that looks like HTML as text', async () => {
    node.cache(hostile, {});
    await look();
    await page.getByRole('heading', { name: hostile }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  it('can be used by keyboard', async () => {
    await look();
    await row('own').waitFor();
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('auto');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Partition 2 · own').waitFor();
    expect(await page.locator('#partition').getAttribute('aria-valuetext')).toBe(
      'partition 2, owner own, copies none',
    );
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('own');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'own', pressed: true }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe(
      'What each view changed, the newest first',
    );
  });

  it('has names for whoever hears it', async () => {
    await look();
    await row('own').waitFor();
    const unnamed = await page.evaluate<string[]>(`
      [...document.querySelectorAll('.disc canvas, input, select, button, .plot, section')]
        .filter((each) => (each.labels?.[0]?.textContent ?? each.ariaLabel ?? each.textContent).trim() === '')
        .map((each) => each.outerHTML)`);
    expect(unnamed).toEqual([]);
    await page.getByRole('table', { name: 'Nodes' }).waitFor();
    await page.getByRole('rowheader', { name: 'own' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'live' }).waitFor();
  });

  it.each(['light', 'dark'] as const)(
    'keeps the rules of WCAG that a program can check: %s',
    async (colorScheme) => {
      await users.put('ada', 1);
      const guarded = await node.dashboard({ port: 0, token });
      await look(guarded.url, { colorScheme });
      await page.getByLabel('Token of this dashboard').waitFor();
      const broken = async (): Promise<string[]> => {
        await page.evaluate(axe.source);
        const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
        expect(passes.map(({ id }) => id)).toContain('color-contrast');
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
      };
      expect(await broken()).toEqual([]);
      await page.getByLabel('Token of this dashboard').fill(token);
      await page.keyboard.press('Enter');
      await row('own').locator('[data-name=memory]', { hasText: 'MB' }).waitFor();
      expect(await broken()).toEqual([]);
    },
  );

  it.each(['read-only', 'with a token'])('fits on a phone, with long names: %s', async (mode) => {
    const long = 'a-cache-of-'.repeat(12);
    node.cache(long, { stats: true });
    const guarded = await node.dashboard({ port: 0, token });
    const url = mode === 'read-only' ? dashboard.url : `${guarded.url}#token=${encodeURIComponent(token)}`;
    await look(url, { viewport: { width: 320, height: 640 }, isMobile: true });
    await page.getByRole('heading', { name: long }).waitFor();
    await page.getByRole('cell').first().waitFor();
    const widths = await page.evaluate<number[]>(`
      [document.documentElement.clientWidth, document.documentElement.scrollWidth,
        ...[...document.querySelectorAll('main :not(thead, thead *)')].map((each) => Math.ceil(each.getBoundingClientRect().right))]`);
    expect(widths[0]).toBe(320);
    expect(Math.max(...widths)).toBe(320);
  });

  it('follows the colours of the system until it is told otherwise, and remembers that', async () => {
    await look(dashboard.url, { colorScheme: 'dark' });
    await row('own').waitFor();
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await paper();
    await page.getByRole('button', { name: 'Colours: auto' }).click();
    await page.locator('html[data-theme=light]').waitFor();
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.reload();
    await row('own').waitFor();
    expect(await paper()).toBe(light);
  });

  it('says that it is cut off, and goes on when the server is there again', async () => {
    await look();
    await standing('live');
    await dashboard.close();
    await standing('lost, reconnecting');
    await row('own').waitFor();
    dashboard = await node.dashboard({ port: Number(new URL(dashboard.url).port) });
    await standing('live');
  });

  it('asks for the token, and lets who knows it clear a cache and drain the node', async () => {
    await machine.worker('b', { cache: { stats: true } });
    await users.put('ada', 1);
    const guarded = await node.dashboard({ port: 0, token });
    await look(guarded.url);
    await page.getByLabel('Token of this dashboard').fill('something else altogether');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token.').waitFor();
    await page.getByLabel('Token of this dashboard').fill(token);
    await page.keyboard.press('Enter');
    await standing('live');
    const clear = page.getByRole('button', { name: 'Clear', exact: true });
    expect(await clear.isDisabled()).toBe(true);
    await page.getByLabel('Clear a cache').fill('users');
    await clear.click();
    await page.getByText('Done: 1 entry of users removed.').waitFor();
    expect(await users.size()).toBe(0);
    await page.getByLabel('Node', { exact: true }).selectOption('b');
    await page.getByLabel('Weight of a node').fill('2');
    await page.getByRole('button', { name: 'Set' }).click();
    await page.getByText('Done: b has the weight 2.').waitFor();
    await page.getByLabel('Node', { exact: true }).selectOption('own');
    await page.getByLabel('Weight of a node').fill('0');
    await page.getByRole('button', { name: 'Set' }).click();
    await row('own').getByText('0 owned').waitFor();
    await eventually('it owns nothing', () => node.safeToStop());
  });

  it('takes the token from the part of the address that is never sent, and clears it there', async () => {
    const guarded = await node.dashboard({ port: 0, token });
    await look(`${guarded.url}#token=${encodeURIComponent(token)}`);
    await standing('live');
    expect(page.url()).toBe(guarded.url);
    expect(await page.locator('.acts').count()).toBe(1);
  });
});
