import { Suspense } from 'react';
import { findProduct } from '../../../lib/products.js';

async function Product({ params }) {
  const { id, price } = await findProduct((await params).id);
  return <p>{`${id} costs ${price}`}</p>;
}

export default function Page({ params }) {
  return (
    <Suspense fallback={<p>…</p>}>
      <Product params={params} />
    </Suspense>
  );
}
