import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Written by `npm run build`; the same place seen from the sources and from what is built. */
const file = new URL('../../dist/dashboard/page.html', import.meta.url);

/** The page, and the policy by which a browser runs nothing but what is in it. */
export interface PageFile {
  readonly html: Buffer;
  readonly policy: string;
}

export async function readPage(): Promise<PageFile> {
  const html = await readFile(file);
  const text = html.toString('utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(text, 'script')}`,
    `style-src ${hashOf(text, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return { html, policy: policy.join('; ') };
}

/** Of the one element of that name. */
function hashOf(html: string, element: 'script' | 'style'): string {
  const [, content] = new RegExp(`<${element}>([^]*)</${element}>`).exec(html)!;
  return `'sha256-${createHash('sha256').update(content!).digest('base64')}'`;
}
