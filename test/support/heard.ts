import { get } from 'node:http';
import { ClientsEvent } from '@/lib/model/wire/clients';
import { until } from './processes';

/** The newest of what a server says of its clients, to somebody who looks, as a page does. */
export interface Heard {
  readonly newest: ClientsEvent | null;
  /** Resolves when it has said `product, protocol` with at least so many samples. */
  samplesOf(product: string, protocol: string, atLeast?: number): Promise<number>;
  close(): void;
}

/** @param password of the dashboard, where there is one */
export function listenForClients(url: string, password?: string): Heard {
  let newest: ClientsEvent | null = null;
  const authorization = password && `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;
  const headers = authorization ? { authorization } : {};
  const request = get(`${url}/api/live?topic=clients`, { headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const data = /^event: topic\ndata: (.*)$/m.exec(text.slice(0, end))?.[1];
        if (data) newest = ClientsEvent.parse(JSON.parse(data).data);
        text = text.slice(end + 2);
      }
    });
    response.on('error', () => undefined);
  });
  // Its server may end before it does.
  request.on('error', () => undefined);
  return {
    get newest() {
      return newest;
    },
    samplesOf: (product, protocol, atLeast = 1) =>
      until(() => {
        const found = newest?.clients.find(
          (each) => each.protocol === protocol && (each.product ?? '') === product,
        );
        if (!found || found.samples < atLeast)
          throw new Error(`${product} by ${protocol}: ${JSON.stringify(newest)}`);
        return found.samples;
      }),
    close: () => void request.destroy(),
  };
}
