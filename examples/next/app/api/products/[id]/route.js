import { revalidateTag } from 'next/cache';
import { findProduct, setPrice } from '../../../../lib/products.js';

export async function GET(_request, { params }) {
  return Response.json(await findProduct((await params).id));
}

export async function PUT(request, { params }) {
  const { id } = await params;
  const { price } = await request.json();
  await setPrice(id, price);
  // In all processes: who reads once Next has done so sees the new price.
  for (const tag of [`product-${id}`, 'products']) revalidateTag(tag, { expire: 0 });
  return Response.json({ id, price });
}
