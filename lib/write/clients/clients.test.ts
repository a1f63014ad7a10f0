import { describe, expect, test } from 'vitest';
import { HOUR } from '../../model/time/duration';
import { Client, MOST_CLIENTS } from '../../model/wire/clients';
import { Clients } from './clients';

const AT = 1_795_200_000_000;
const taken = (clients: Clients, userAgent: string | undefined, samples: number, at = AT) =>
  clients.noteTaken({ protocol: 'prometheus', userAgent }, samples, at);
const refused = (clients: Clients, userAgent: string | undefined, at = AT, message = 'no key') =>
  clients.noteRefused(
    { protocol: 'prometheus', userAgent },
    { status: 401, code: 'unauthorized', message },
    at,
  );
const namesOf = (clients: Clients) =>
  clients.list().map(({ product, isRest }) => (isRest ? 'rest' : product));

describe('what is noted', () => {
  test('by protocol and name: how many, since when, until when', () => {
    const clients = new Clients();
    taken(clients, 'Prometheus/2.42.0', 12);
    taken(clients, 'Prometheus/2.42.0 (another comment)', 30, AT + 5);
    taken(clients, 'Prometheus/2.53.0', 1);
    clients.noteTaken({ protocol: 'otlp', userAgent: 'Prometheus/2.42.0' }, 2, AT);
    const common = { product: 'Prometheus', isRest: false, refused: 0, refusal: null };
    expect(clients.list()).toEqual([
      { ...common, protocol: 'prometheus', version: '2.42.0', samples: 42, firstAt: AT, lastAt: AT + 5 },
      { ...common, protocol: 'prometheus', version: '2.53.0', samples: 1, firstAt: AT, lastAt: AT },
      { ...common, protocol: 'otlp', version: '2.42.0', samples: 2, firstAt: AT, lastAt: AT },
    ]);
  });

  test('nothing of an empty body, and of a protocol that people are told nothing of', () => {
    const clients = new Clients();
    taken(clients, 'Prometheus/2.42.0', 0);
    clients.noteTaken({ protocol: null, userAgent: 'x' }, 5);
    clients.noteRefused({ protocol: null }, { code: 'x', message: 'y' });
    expect([clients.list(), clients.changes]).toEqual([[], 0]);
  });

  test('the newest refusal, of which one plain line is kept', () => {
    const clients = new Clients();
    refused(clients, undefined);
    refused(clients, undefined, AT + 1, `bad line "a\u0000b\u202e\r\n\u001b[31m<b>" ${'x'.repeat(9_000)}`);
    const [client] = clients.list();
    expect(client).toMatchObject({ product: null, version: null, refused: 2, samples: 0, lastAt: null });
    expect(client.refusal).toMatchObject({ at: AT + 1, status: 401, code: 'unauthorized' });
    expect(client.refusal?.message).toMatch(/^bad line "a b \[31m<b>" x+…$/);
    expect(Client.safeParse(client).error).toBeUndefined();
  });
});

describe('a thousand names', () => {
  test('are counted together beyond the first', () => {
    const clients = new Clients();
    for (let i = 0; i < 1_000; i++) taken(clients, `Bot-${i}/1`, 2, AT + i);
    expect(clients.list()).toHaveLength(MOST_CLIENTS + 1);
    const rest = clients.list().find(({ isRest }) => isRest);
    expect(rest).toMatchObject({ product: null, samples: 2 * (1_000 - MOST_CLIENTS) });
  });

  test('that are only refused leave those alone that send, and those that come later', () => {
    const clients = new Clients();
    taken(clients, 'Prometheus/2.42.0', 1);
    for (let i = 0; i < 1_000; i++) refused(clients, `Bot-${i}/1`, AT + i);
    expect(clients.list()).toHaveLength(MOST_CLIENTS);
    expect(namesOf(clients)).toContain('Prometheus');
    expect(namesOf(clients)).toContain('Bot-999');
    taken(clients, 'Telegraf/1.29', 5, AT + 2_000);
    expect(namesOf(clients)).toEqual(expect.arrayContaining(['Prometheus', 'Telegraf', 'Bot-999']));
    expect(clients.list()).toHaveLength(MOST_CLIENTS);
  });

  test('make room for a new one when they have been silent for an hour', () => {
    const clients = new Clients();
    for (let i = 0; i < MOST_CLIENTS; i++) taken(clients, `Old-${i}/1`, 1, AT + i);
    taken(clients, 'New/1', 1, AT + HOUR);
    expect(namesOf(clients)).toContain('rest');
    refused(clients, 'Bot/1', AT + 2 * HOUR);
    expect(namesOf(clients)).not.toContain('Bot');
    taken(clients, 'New/1', 1, AT + 2 * HOUR);
    expect(namesOf(clients)).toContain('New');
    expect(namesOf(clients)).not.toContain('Old-0');
    // What was known of the header of the one that left is forgotten with it.
    taken(clients, 'Old-0/1', 3, AT + 2 * HOUR);
    expect(clients.list().find(({ product }) => product === 'Old-0')).toMatchObject({ samples: 3 });
  });

  test('of eight kilobytes each take a bounded memory', () => {
    const clients = new Clients();
    for (let i = 0; i < 2_000; i++) {
      taken(clients, `Bot-${i}/1 ${'x'.repeat(8_192)}`, 1);
      refused(clients, `${'<b>'.repeat(2_700)}${i}`);
    }
    expect(JSON.stringify(clients.list()).length).toBeLessThan((MOST_CLIENTS + 1) * 1_000);
  });
});
