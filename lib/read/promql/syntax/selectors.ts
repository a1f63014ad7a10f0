import type { SyntaxNode } from '@lezer/common';
import { LABEL_NAME, type Matcher, type MatchOperator } from '../../../model/labels';
import { readQuoted } from '../../../model/quoted';
import { NAME_LABEL } from '../../../model/selector';
import { parseError } from '../errors';
import type { Selector } from './ast';

const MAX_MATCHERS = 64;

/** Reads what stands in braces and parentheses: matchers, and lists of labels. */
export class SelectorReader {
  constructor(private readonly text: string) {}

  selector(node: SyntaxNode): Selector {
    const { from, to } = node;
    const name = node.getChild('Identifier');
    const matchers: Matcher[] = name ? [{ label: NAME_LABEL, operator: '=', value: this.of(name) }] : [];
    const braces = node.getChild('LabelMatchers');
    for (const each of braces ? childrenOf(braces) : []) {
      const matcher = this.matcher(each);
      if (!matcher) continue;
      if (name && matcher.label === NAME_LABEL)
        throw parseError(
          this.text,
          node,
          `metric name must not be set twice: ${JSON.stringify(matchers[0].value)} or ${JSON.stringify(matcher.value)}`,
        );
      if (matchers.length === MAX_MATCHERS)
        throw parseError(this.text, each, `more than ${MAX_MATCHERS} matchers`);
      matchers.push(matcher);
    }
    return { kind: 'selector', matchers, offsetMs: 0, at: null, from, to };
  }

  labelNames(node: SyntaxNode): string[] {
    return childrenOf(node).flatMap((child) => {
      if (child.name === 'LabelName') return this.of(child);
      return child.name === 'QuotedLabelName' ? this.string(child.firstChild!) : [];
    });
  }

  string({ from, to }: SyntaxNode): string {
    const { value, end } = readQuoted(this.text, from, (expected, at) => {
      throw parseError(this.text, { from: at, to: at + 1 }, `expected ${expected}`);
    });
    if (end !== to) throw parseError(this.text, { from: end, to }, 'unterminated quoted string');
    return value;
  }

  private matcher(node: SyntaxNode): Matcher | null {
    // A quoted name by itself is the metric's.
    if (node.name === 'QuotedLabelName')
      return { label: NAME_LABEL, operator: '=', value: this.string(node.firstChild!) };
    if (node.name !== 'UnquotedLabelMatcher' && node.name !== 'QuotedLabelMatcher') return null;
    const quoted = node.getChild('QuotedLabelName');
    const label = quoted ? this.string(quoted.firstChild!) : this.of(node.getChild('LabelName')!);
    if (!quoted && !LABEL_NAME.test(label)) throw parseError(this.text, node, `bad label name ${label}`);
    return {
      label,
      operator: this.of(node.getChild('MatchOp')!) as MatchOperator,
      value: this.string(node.getChild('StringLiteral')!),
    };
  }

  private of({ from, to }: SyntaxNode): string {
    return this.text.slice(from, to);
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}
