import type { Labels } from '../../model/labels';
import type { TopicEvent } from '../../model/wire/stream';
import type { GroupChange, Upserts } from '../reading/live-group';

/** Texts of upserts that several streams send, and the beginnings of their groups, which are sent again and again. */
const texts = new WeakMap<Upserts, string>();
const openings = new WeakMap<Labels, string>();

/** The JSON of a `series` list: made once, however many streams send it. */
export function encodeUpserts(upserts: Upserts): string {
  let text = texts.get(upserts);
  if (text === undefined) {
    text = `[${upserts.map(encodeGroup).join()}]`;
    texts.set(upserts, text);
  }
  return text;
}

function encodeGroup({ labels, points, rank }: GroupChange): string {
  let opening = openings.get(labels);
  if (opening === undefined) {
    opening = `{"labels":${JSON.stringify(labels)},"points":`;
    openings.set(labels, opening);
  }
  return `${opening}${JSON.stringify(points)}${rank === undefined ? '' : `,"rank":${rank}`}}`;
}

const topicTexts = new WeakMap<TopicEvent, string>();

/** The JSON of a topic's event: made once, however many streams send it. */
export function encodeTopicEvent(event: TopicEvent): string {
  let text = topicTexts.get(event);
  if (text === undefined) {
    text = JSON.stringify(event);
    topicTexts.set(event, text);
  }
  return text;
}
