/** One fault planted in one place of a source file. */
export interface Fault {
  /** 1-based. */
  readonly line: number
  /** 0-based, within the line. */
  readonly column: number
  readonly before: string
  readonly after: string
}

/** What a careless hand could write instead; each pattern matches the operator alone. */
const slips: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(?<= )<(?= )/g, ['<=', '>']],
  [/(?<= )<=(?= )/g, ['<']],
  [/(?<= )>(?= )/g, ['>=', '<']],
  [/(?<= )>=(?= )/g, ['>']],
  [/(?<= )===(?= )/g, ['!==']],
  [/(?<= )!==(?= )/g, ['===']],
  [/(?<= )&&(?= )/g, ['||']],
  [/(?<= )\|\|(?= )/g, ['&&']],
  [/(?<= )\+(?= )/g, ['-']],
  [/(?<= )-(?= )/g, ['+']],
  [/(?<= )\*(?= )/g, ['+']],
  [/(?<= )\/(?= )/g, ['*']],
  [/\+=/g, ['-=']],
  [/-=/g, ['+=']],
  [/Math\.max/g, ['Math.min']],
  [/Math\.min/g, ['Math.max']],
  [/\bsmaller\(/g, ['subtract(']],
  [/\bsubtract\(/g, ['add(']],
  [/\bfullRate\b/g, ['(0 as RateBp)']],
  [/\bzero\b/g, ['(1 as Money)']],
  [/\btrue\b/g, ['false']],
  [/\bfalse\b/g, ['true']],
  [/\.some\(/g, ['.every(']],
  [/\.every\(/g, ['.some(']],
  [/'(pend|warn|info|reduce|deny)'/g, ["'info'", "'pend'"]],
  [/'(provider|patient)'/g, ["'provider'", "'patient'"]],
  [/(?<=[\s(])(\d[\d_]*)(?=[\s,)n])/g, ['(plus one)']],
]

/** Places where a fault says nothing: comments, types, imports, names of things. */
const isCode = (line: string): boolean =>
  !/^\s*(\/\/|\/?\*|import |export type |export interface |type |interface |readonly |[|{}[\]]|id: |version: |on: )/.test(line)

/** Every fault of `slips` in a file, in the order of the file. */
export function faultsOf(source: string): readonly Fault[] {
  const found: Fault[] = []
  let inType = false
  for (const [index, text] of source.split('\n').entries()) {
    if (/^(export )?(interface|type) /.test(text)) inType = text.includes('{') && !text.includes('}')
    else if (inType && text === '}') inType = false
    if (inType || !isCode(text)) continue
    const code = text.replace(/\/\/.*$/, '')
    for (const [pattern, afters] of slips) {
      for (const match of code.matchAll(pattern)) {
        for (const after of afters) {
          const wanted = after === '(plus one)' ? plusOne(match[0]) : after
          if (wanted !== match[0]) found.push({ line: index + 1, column: match.index, before: match[0], after: wanted })
        }
      }
    }
  }
  return found
}

const plusOne = (digits: string): string => String(Number(digits.replaceAll('_', '')) + 1)

export function plant(source: string, { line, column, before, after }: Fault): string {
  const lines = source.split('\n')
  const text = lines[line - 1]!
  lines[line - 1] = text.slice(0, column) + after + text.slice(column + before.length)
  return lines.join('\n')
}
