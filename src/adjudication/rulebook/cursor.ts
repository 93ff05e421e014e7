/** Every fault of a rulebook at once, each with its file and key. */
export class RulebookInvalid extends Error {
  override readonly name = 'RulebookInvalid'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`the rulebook has ${faults.length} fault(s):\n${faults.join('\n')}`)
    this.faults = faults
  }
}

/**
 * A place in a rulebook file. Reading a value of the wrong shape notes a fault and goes on with a stand-in, so that one load lists
 * every fault; `close` notes the keys that nobody asked for.
 */
export interface Cursor {
  readonly place: string
  fault(what: string): void
  has(key: string): boolean
  isText(key: string): boolean
  text(key: string): string
  oneOf<T extends string>(key: string, allowed: readonly T[]): T
  integer(key: string): number
  integerOrNull(key: string): number | null
  /** YAML `true` or `false`. */
  truth(key: string): boolean
  date(key: string): string
  dateOrNull(key: string): string | null
  texts(key: string): readonly string[]
  child(key: string): Cursor
  children(key: string): readonly Cursor[]
  keys(): readonly string[]
  close(): void
}

type Mapping = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param faults receives a line for each fault */
export function cursorAt(value: unknown, place: string, faults: string[]): Cursor {
  const fault = (what: string) => void faults.push(`${place}: ${what}`)
  const record: Mapping = isRecord(value) ? value : {}
  if (!isRecord(value)) fault('expected a mapping')
  const asked = new Set<string>()
  const take = (key: string): unknown => {
    asked.add(key)
    return record[key]
  }
  const text = (key: string): string => {
    const found = take(key)
    if (typeof found === 'string' && found.trim() !== '') return found
    fault(`${key}: expected text`)
    return ''
  }
  const date = (key: string): string => {
    const found = text(key)
    if (found !== '' && !isCalendarDate(found)) fault(`${key}: expected a date yyyy-mm-dd`)
    return found
  }
  const integer = (key: string): number => {
    const found = take(key)
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return found
    fault(`${key}: expected a whole number`)
    return 0
  }
  const list = (key: string): readonly unknown[] => {
    const found = take(key)
    if (Array.isArray(found)) return found
    fault(`${key}: expected a list`)
    return []
  }
  return {
    place,
    fault,
    has: (key) => record[key] !== undefined,
    isText: (key) => typeof record[key] === 'string',
    text,
    oneOf(key, allowed) {
      const found = text(key)
      const match = allowed.find((one) => one === found)
      if (match === undefined) fault(`${key}: expected one of ${allowed.join(', ')}`)
      return match ?? allowed[0]!
    },
    integer,
    integerOrNull: (key) => (take(key) === null ? null : integer(key)),
    truth(key) {
      const found = take(key)
      if (typeof found !== 'boolean') fault(`${key}: expected true or false`)
      return found === true
    },
    date,
    dateOrNull: (key) => (take(key) === null ? null : date(key)),
    texts: (key) =>
      list(key).map((one, index) => {
        if (typeof one !== 'string') fault(`${key}[${index}]: expected text`)
        return String(one)
      }),
    child: (key) => cursorAt(take(key), `${place}.${key}`, faults),
    children: (key) => list(key).map((one, index) => cursorAt(one, `${place}.${key}[${index}]`, faults)),
    keys() {
      for (const key of Object.keys(record)) asked.add(key)
      return Object.keys(record)
    },
    close() {
      for (const key of Object.keys(record)) if (!asked.has(key)) fault(`${key}: unknown key`)
    },
  }
}

function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
