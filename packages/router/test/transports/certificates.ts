import { readFileSync } from 'node:fs';
import type { TlsMaterial } from '../../src/transports/certificates.ts';

type Name = 'node' | 'renewed' | 'elsewhere' | 'server-only' | 'expired' | 'foreign';
type Authority = 'ca' | 'foreign-ca';

/** A certificate of the fixtures with its key, and the CA that its bearer knows. */
export function material(name: Name, ca: Authority = 'ca'): TlsMaterial {
  const both = pem(name);
  return { cert: both, key: both, ca: pem(ca) };
}

function pem(name: Name | Authority): string {
  return readFileSync(new URL(`fixtures/certificates/${name}.pem`, import.meta.url), 'utf8');
}
