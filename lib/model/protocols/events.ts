import { lines, type Protocol } from './protocol';

export const events: Protocol = {
  name: 'Events',
  senders:
    'Services, with what they log of their requests: they become request counts, error rates and response times',
  arrives: { paths: ['/api/events'], counts: 'events' },
  configs: [
    {
      title: 'An event, as JSON',
      text: ({ origin, key }) =>
        lines(
          `curl ${origin}/api/events \\`,
          key !== null && `  -H 'authorization: Bearer ${key}' \\`,
          "  -H 'content-type: application/json' \\",
          `  -d '{"service":"checkout","endpoint":"POST /carts/77/pay","status":503,"duration":812.5,"message":"payment timed out"}'`,
        ),
    },
    {
      title: 'A shop that is played: slow and failing requests, incidents',
      text: ({ origin, key }) =>
        lines(key !== null && `export PULSEBOARD_KEY=${key}`, `npm run events -- --rate 100 --url ${origin}`),
    },
  ],
  docs: 'docs/events.md',
};
