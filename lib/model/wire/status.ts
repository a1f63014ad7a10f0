import type { Query } from './query';

/** Our own figures for people. */
export interface Status {
  summary: { isWell: boolean; text: string };
  sections: StatusSection[];
}

export interface StatusSection {
  title: string;
  figures: StatusFigure[];
}

export interface StatusFigure {
  /** Its family in `GET /metrics`. */
  name: string;
  title: string;
  /** One value; or one for each part. */
  values: StatusValue[];
  /** What its chart asks for; null where it has none. */
  trend: Query | null;
}

export interface StatusValue {
  part: string;
  text: string;
  /** How good that is, where the value says so by itself. */
  tone?: Tone;
}

export type Tone = 'good' | 'warn' | 'bad';
