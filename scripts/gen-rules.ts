import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadRulebook } from '../src/adjudication/rulebook/load.ts'
import type { DatedBasis, RuleCard, RuleState } from '../src/domain/rulebook.ts'

const root = join(import.meta.dirname, '..')

const groups: Readonly<Record<string, string>> = {
  a: 'thẻ · card',
  b: 'mức hưởng · benefit level',
  c: 'phạm vi theo danh mục của cơ sở · scope by the facility’s lists',
  d: 'mức thanh toán · payment level',
  đ: 'tỷ lệ, điều kiện · rates and conditions',
  e: 'phạm vi, thời gian hoạt động của cơ sở · facility’s scope and hours',
  g: 'phạm vi, thời gian của người hành nghề · practitioner’s scope and hours',
  h: 'khoảng cách giữa các lần khám · interval between visits',
  i: 'tính hợp lý · reasonableness',
  k: 'số liệu nhất quán · consistent numbers',
  m: 'số lượng so với mua vào · quantity against what was bought',
}
const stages: readonly string[] = [
  'integrity',
  'identity and eligibility',
  'duplicates and overlaps',
  'route and benefit rate',
  'scope and catalogue',
  'price and quantity',
  'special rates',
  'clinical plausibility',
  'cost sharing',
  'profile (after the decision)',
  'invariants',
]
const stateWords: Readonly<Record<RuleState['state'], string>> = {
  draft: 'draft (not run)',
  shadow: 'shadow (run and counted, no effect)',
  canary: 'canary',
  active: 'active',
  retired: 'retired',
  'no-data': 'shadow: no-data (its table or register is not to hand)',
}
const statusOf = ({ states }: RuleCard): string =>
  states
    .map(({ from, to, value }) => {
      const where = [...value.provinces, ...value.facilities].join(', ')
      const when = states.length === 1 ? '' : ` from ${from}${to === null ? '' : ` to ${to}`}`
      return `${stateWords[value.state]}${where === '' ? '' : ` (${where})`}${when}`
    })
    .join('; ')

/** `docs/rules/`: one page a rule and an index, from the rulebook's cards and wording and the names of the cases. */
export async function generateRulePages(): Promise<{ path: string; content: string }[]> {
  const rulebook = await loadRulebook(join(root, 'rulebook'))
  const cards = [...rulebook.rules.values()].sort((a, b) => a.stage - b.stage || (a.id < b.id ? -1 : 1))
  const pages = await Promise.all(
    cards.map(async (card) => ({
      path: `docs/rules/${card.id}.md`,
      content: pageOf(card, await handWritten(card.id), await caseNames(card.id)),
    })),
  )
  return [{ path: 'docs/rules/README.md', content: indexOf(cards) }, ...pages]
}

/** What the rule means and an example in đồng: `docs/rules/text/<rule>.md`, taken over as it is. */
async function handWritten(id: string): Promise<string | undefined> {
  const path = join(root, 'docs/rules/text', `${id}.md`)
  return existsSync(path) ? (await readFile(path, 'utf8')).trim() : undefined
}

async function caseNames(id: string): Promise<readonly string[]> {
  const path = join(root, 'test/rules', `${id}.cases.yaml`)
  if (!existsSync(path)) return []
  const { cases } = parse(await readFile(path, 'utf8')) as { cases: readonly { name: string }[] }
  return cases.map(({ name }) => name)
}

function basisText({ document, article, clause, point, from, to }: DatedBasis): string {
  const parts = [article && `art. ${article}`, clause && `clause ${clause}`, point && `point ${point}`]
  const dates = [from && `from ${from}`, to && `to ${to}`].filter((part) => part !== undefined).join(' ')
  return `${[document, ...parts.filter((part) => part !== undefined)].join(', ')}${dates === '' ? '' : ` (${dates})`}`
}

function pageOf(card: RuleCard, text: string | undefined, cases: readonly string[]): string {
  const { id, version, group, stage, from, to, name, readings, legalBasis, messages } = card
  const lines = [
    `# ${id}: ${name.en}`,
    '',
    `${name.vi}. Version ${version}, in force from ${from}${to === null ? '' : ` to ${to}`} (by NGAY_RA), **${statusOf(card)}**.`,
    '',
    `- Content of review: **${group}** ${groups[group]}`,
    `- Stage: ${stage}, ${stages[stage]}`,
    ...legalBasis.map((basis) => `- Basis: ${basisText(basis)}`),
  ]
  if (text !== undefined) lines.push('', text)
  if (readings.length > 0) lines.push('', '## Our reading', '', ...readings.map((reading) => `- ${reading}`))
  if (messages.size > 0) {
    lines.push('', '## What it says', '', '| Code | Tiếng Việt | English |', '| --- | --- | --- |')
    for (const [code, { vi, en }] of messages) lines.push(`| \`${code}\` | ${vi} | ${en} |`)
  }
  if (cases.length > 0) {
    lines.push(
      '',
      `## Cases ([test/rules/${id}.cases.yaml](../../test/rules/${id}.cases.yaml))`,
      '',
      ...cases.map((one) => `- ${one}`),
    )
  }
  return `${lines.join('\n')}\n`
}

function indexOf(cards: readonly RuleCard[]): string {
  const lines = [
    '# Rules',
    '',
    'For hospitals that want to know why, for reviewers, and for those who write rules. How rules work together: [how rules work](how-rules-work.md).',
    'These pages are made by `npm run gen` from `rulebook/` and `test/rules/`.',
    '',
    '| Rule | Name | Nội dung | Group | Stage | Status |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cards.map((card) => {
      const { id, name, group, stage } = card
      const states = card.states.map(({ value }) => value.state).join(', ')
      return `| [${id}](${id}.md) | ${name.en} | ${name.vi} | ${group} | ${stage} | ${states} |`
    }),
  ]
  return `${lines.join('\n')}\n`
}

if (import.meta.main) {
  const { writeFile, mkdir } = await import('node:fs/promises')
  await mkdir(join(root, 'docs/rules'), { recursive: true })
  for (const { path, content } of await generateRulePages()) await writeFile(join(root, path), content)
}
