import type { BasisText, DecisionExplained } from './explanation.ts'

/** `884406.78` as people write it: `884.406,78` in Vietnamese, `884,406.78` in English. */
export function decimalText(plain: string, language: 'vi' | 'en'): string {
  const [whole = '', fraction] = plain.split('.')
  const marked = whole.replaceAll(/\B(?=(\d{3})+$)/g, language === 'vi' ? '.' : ',')
  return fraction === undefined ? marked : `${marked}${language === 'vi' ? ',' : '.'}${fraction}`
}

/** A change of an amount: with its sign, and nothing where it is zero. */
export function changeText(plain: string, language: 'vi' | 'en'): string {
  if (/^-?0+(\.0+)?$/.test(plain)) return ''
  const text = decimalText(plain.replace(/^-/, ''), language)
  return plain.startsWith('-') ? `−${text}` : `+${text}`
}

const words = { vi: ['Điều', 'khoản', 'điểm'], en: ['art.', 'clause', 'point'] } as const

/** In the order of a citation: article, clause, point, document. An article that is no number names itself (`phụ lục 1`). */
export function basisText({ document, article, clause, point }: BasisText, language: 'vi' | 'en'): string {
  const [art, cl, pt] = words[language]
  const parts = [
    article && (/^\d/.test(article) ? `${art} ${article}` : article),
    clause && `${cl} ${clause}`,
    point && `${pt} ${point}`,
    document,
  ]
  return parts.filter((part) => part !== undefined && part !== '').join(', ')
}

/** Each text of the law that an explanation rests on, once, with the rules that rest on it; in order. */
export function rulesByBasis(
  { lines, notes, benefit: { rates, claim } }: Pick<DecisionExplained, 'lines' | 'notes' | 'benefit'>,
  language: 'vi' | 'en',
): readonly { readonly text: string; readonly rules: readonly string[] }[] {
  const rules = new Map<string, Set<string>>()
  for (const { rule, legalBasis } of [
    ...lines.flatMap(({ steps }) => steps),
    ...notes,
    ...rates.flatMap(({ how }) => how),
    ...claim,
  ]) {
    for (const basis of legalBasis) {
      const text = basisText(basis, language)
      rules.set(text, (rules.get(text) ?? new Set()).add(rule))
    }
  }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([text, of]) => ({ text, rules: [...of].sort() }))
}
