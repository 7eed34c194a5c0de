import { listProducts } from '../lib/products.js';

/** Made once, and anew after a price has changed: a page for all processes. */
export default async function Page() {
  return (
    <ul>
      {(await listProducts()).map(([id, price]) => (
        <li key={id}>{`${id}: ${price}`}</li>
      ))}
    </ul>
  );
}
