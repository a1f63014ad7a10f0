import { expect, it } from 'vitest';
import { currentRequestId, outsideRequests, requestIdFrom, withRequestId } from './request-id';

it.each(['a', '7f3c-1', 'edge:fra1:abc.2', 'x'.repeat(128)])('takes over %s', (given) => {
  expect(requestIdFrom(given)).toBe(given);
});

it.each([undefined, null, '', 'x'.repeat(129), 'a b', 'a\nb', '<b>', '{"a":1}', 'é', ['a', 'b']])(
  'makes a new one rather than taking over %j',
  (given) => {
    const made = requestIdFrom(given);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(requestIdFrom(given)).not.toBe(made);
  },
);

it('goes with the work of a request, not with what others share', async () => {
  const seen = await Promise.all(
    ['one', 'two'].map((id) =>
      withRequestId(id, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return [currentRequestId(), outsideRequests(currentRequestId)];
      }),
    ),
  );
  expect(seen).toEqual([
    ['one', undefined],
    ['two', undefined],
  ]);
  expect(currentRequestId()).toBeUndefined();
});
