import { createHash } from 'node:crypto'
import type { Dated, ListedDisease, Rulebook, RuleCard, Slice, Wording } from '../../domain/rulebook.ts'
import { rules as codedRules, replayRule } from '../stages/registry.ts'
import { canonicalJson } from './canonical.ts'
import { type Cursor, cursorAt, RulebookInvalid } from './cursor.ts'
import { inOrder } from './dated.ts'
import {
  type Parameter,
  parameterKeys,
  parametersOf,
  readCodeLists,
  readListedDiseases,
  readMessages,
  readParameter,
  readRuleCard,
  readTable,
  runs,
  type Tables,
  tableKeyOf,
  tableKeys,
} from './sections.ts'

/** Parsed files of a rulebook by name. */
export type Content = ReadonlyMap<string, unknown>

/** Rulebook from content at hand (path → parsed YAML); for replays, which keep the content by its hash. */
export function rulebookOf(content: Content): Rulebook {
  const faults: string[] = []
  const rulebook = assemble(content, faults)
  if (faults.length > 0) throw new RulebookInvalid(faults)
  return rulebook
}

/** The rulebook that content makes; what is wrong with it goes to `faults`. */
export function assemble(content: Content, faults: string[]): Rulebook {
  const inFolder = (folder: string) =>
    [...content]
      .filter(([name]) => name.startsWith(`${folder}/`))
      .flatMap(([name, value]) =>
        Array.isArray(value)
          ? value.map((one, index) => cursorAt(one, `${name}[${index}]`, faults))
          : [cursorAt(value, name, faults)],
      )
  const fault = (what: string) => void faults.push(what)
  const head = cursorAt(content.get('rulebook.yaml'), 'rulebook.yaml', faults)
  const version = head.text('version')
  head.close()
  const messages = mergeMessages(inFolder('messages'), fault)
  const catalogues = readCatalogues(inFolder('catalogues'), messages, fault)
  const tables = readTables(inFolder('tables'), fault)
  // Names are looked at once every table can be read.
  if (faults.length === 0) checkNames(tables, catalogues.rules, fault)
  return {
    version,
    sha256: createHash('sha256')
      .update(canonicalJson(Object.fromEntries(content)))
      .digest('hex'),
    parameters: parametersOf(readParameters(inFolder('parameters'), fault), fault),
    routes: tables.routes,
    visitCategories: tables.visit_categories,
    cardSigns: tables.card_signs,
    cardGroups: tables.card_groups,
    exclusions: tables.exclusions,
    specialRates: tables.special_rates,
    bedEndings: tables.bed_endings,
    bedKinds: tables.bed_kinds,
    ...catalogues,
  }
}

function readParameters(cursors: readonly Cursor[], fault: (what: string) => void): ReadonlyMap<string, Parameter> {
  const found = new Map<string, Parameter>()
  for (const at of cursors) {
    const [key, parameter] = readParameter(at)
    if (!parameterKeys.includes(key)) fault(`${at.place}: ${key} is no parameter of this engine`)
    if (found.has(key)) fault(`${at.place}: ${key} is given twice`)
    found.set(key, parameter)
  }
  return found
}

function readTables(cursors: readonly Cursor[], fault: (what: string) => void): Tables {
  const found = new Map<string, Tables[keyof Tables]>()
  for (const at of cursors) {
    const key = tableKeyOf(at)
    if (found.has(key)) fault(`${at.place}: the table ${key} is given twice`)
    found.set(key, readTable(at, key))
  }
  for (const key of tableKeys) if (!found.has(key)) fault(`tables: ${key} is missing`)
  return Object.fromEntries(tableKeys.map((key) => [key, found.get(key) ?? new Map()])) as unknown as Tables
}

/** What a category, a route or a card group that names nothing would do is decide at the claimed rate, unseen. */
function checkNames(
  { visit_categories, routes, card_groups, card_signs, special_rates }: Tables,
  rules: Rulebook['rules'],
  fault: (what: string) => void,
) {
  const check = (table: string, name: string, isKnown: (row: string) => boolean, of: ReadonlyMap<string, Dated<string>>) => {
    for (const [key, rows] of of)
      for (const { value } of rows)
        if (!isKnown(value)) fault(`tables: ${table} ${key} names the ${name} ${value}, which is none`)
  }
  const named = <T>(of: ReadonlyMap<string, Dated<T>>, pick: (value: T) => string): ReadonlyMap<string, Dated<string>> =>
    new Map([...of].map(([key, rows]) => [key, rows.map((row) => ({ ...row, value: pick(row.value) }))]))
  check('visit_categories', 'route', (route) => route === byLevel || routes.has(route), visit_categories)
  check(
    'routes',
    'rule',
    (rule) => rules.has(rule),
    named(routes, ({ rule }) => rule),
  )
  check(
    'card_groups',
    'sign',
    (sign) => card_signs.has(sign),
    named(card_groups, ({ sign }) => sign),
  )
  for (const name of special_rates.keys())
    if (!specialRates.includes(name) && !numbered.test(name)) fault(`tables: special_rates ${name} is no rate of this engine`)
  for (const name of specialRates) if (!special_rates.has(name)) fault(`tables: special_rates ${name} is missing`)
}
/** Rates that rules ask for by name; one that is missing would let another stand in its place, as `exam-later` for the first exam. */
const specialRates: readonly string[] = [
  ...['exam-1', 'exam-later', 'bed-alone', 'bed-of-two', 'bed-of-three', 'bed-of-several-wards'],
  ...['operation-same-team', 'operation-other-team', 'procedure'],
]
/** Exams by number, beds by the first letter of their code. */
const numbered = /^(exam-[1-9]\d*|bed-[A-Z])$/
/** The route of a category that goes by the level of the facility. */
const byLevel = 'by-level'

function mergeMessages(cursors: readonly Cursor[], fault: (what: string) => void) {
  const all = new Map<string, ReadonlyMap<string, Wording>>()
  for (const at of cursors) {
    for (const [rule, wordings] of readMessages(at)) {
      if (all.has(rule)) fault(`${at.place}: wording of ${rule} is given twice`)
      all.set(rule, wordings)
    }
  }
  return all
}

function readCatalogues(
  cursors: readonly Cursor[],
  messages: ReadonlyMap<string, ReadonlyMap<string, Wording>>,
  fault: (what: string) => void,
): Pick<Rulebook, 'rules' | 'codes' | 'listedDiseases'> {
  const rules = new Map<string, RuleCard>()
  const diseases: Slice<readonly ListedDisease[]>[] = []
  let codes: Rulebook['codes'] = new Map()
  let last: Cursor | undefined
  for (const at of cursors) {
    const kind = at.oneOf('kind', ['rules', 'codes', 'listed-diseases'])
    if (kind === 'codes') codes = readCodeLists(at)
    if (kind === 'listed-diseases') diseases.push(readListedDiseases(at))
    if (kind !== 'rules') continue
    last = at
    for (const one of at.children('rules')) {
      const card = readRuleCard(one, messages)
      if (rules.has(card.id)) one.fault(`${card.id} is given twice`)
      rules.set(card.id, card)
    }
    if (at.has('basis')) at.keys()
    at.close()
  }
  for (const rule of messages.keys()) if (!rules.has(rule)) fault(`messages: ${rule} is no rule of the catalogue`)
  checkCode(rules, fault)
  const listedDiseases: Dated<readonly ListedDisease[]> = last ? inOrder(diseases, last, 'listed diseases') : diseases
  return { rules, codes, listedDiseases }
}

/** Every active rule has code of the same version and wording, but the one that says nothing; and every coded rule a card. */
function checkCode(rules: ReadonlyMap<string, RuleCard>, fault: (what: string) => void): void {
  const coded = new Map(codedRules.map((rule) => [rule.id, rule]))
  for (const card of rules.values()) {
    const code = coded.get(card.id)
    const isToRun = card.states.some(({ value }) => runs(value))
    const saysNothing = card.id === replayRule.id
    if (isToRun && code === undefined) fault(`rules: ${card.id} is to run and this engine has no code for it`)
    if (isToRun && card.messages.size === 0 && !saysNothing) fault(`rules: ${card.id} runs and has no wording`)
    if (saysNothing && card.messages.size > 0) fault(`rules: ${card.id} says nothing and has wording`)
    if (code !== undefined && code.version !== card.version)
      fault(`rules: ${card.id} is version ${card.version}, the code ${code.version}`)
  }
  for (const id of coded.keys()) if (!rules.has(id)) fault(`rules: ${id} has code and no card`)
}
