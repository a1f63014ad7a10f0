import { counter, type Reading } from '../reading';

/**
 * Loopback and what containers, bridges and tunnels put on top of a real interface, whose traffic it counts already.
 */
const VIRTUAL = /^(lo|veth|br-|docker|virbr|vnet|ifb|tap|tun|cali|cni|flannel|dummy|sit|ip6tnl|gre|kube-)/;

/** Columns of /proc/net/dev worth a chart, by position after the interface's name. */
const COLUMNS = [
  { column: 0, name: 'network_receive_bytes_total', unit: 'bytes' },
  { column: 1, name: 'network_receive_packets_total', unit: '' },
  { column: 2, name: 'network_receive_errors_total', unit: '' },
  { column: 3, name: 'network_receive_drops_total', unit: '' },
  { column: 8, name: 'network_transmit_bytes_total', unit: 'bytes' },
  { column: 9, name: 'network_transmit_packets_total', unit: '' },
  { column: 10, name: 'network_transmit_errors_total', unit: '' },
  { column: 11, name: 'network_transmit_drops_total', unit: '' },
] as const;

export function parseNetwork(netDev: string): Reading[] {
  return netDev.split('\n').flatMap((line) => {
    const [, name, rest] = /^\s*([^:]+):\s*(.+)$/.exec(line) ?? [];
    if (!name || VIRTUAL.test(name)) return [];
    const fields = rest.split(/\s+/).map(Number);
    return COLUMNS.map(({ column, name: metric, unit }) =>
      counter(metric, unit, fields[column], { interface: name }),
    );
  });
}
