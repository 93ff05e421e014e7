/** RFC 8785 text of a JSON value; members that are undefined are left out, as JSON does. Decisions have an encoder of their own. */
export function canonicalJson(value: unknown): string {
  return isInOrder(value) ? JSON.stringify(value) : sortedJson(value)
}

/** What was made in the order of its keys is written as it stands, several times as fast. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined
  if (Array.isArray(value)) return value.every(isInOrder)
  const record = value as Readonly<Record<string, unknown>>
  let last = ''
  for (const key in record) {
    if (key < last || (record[key] !== undefined && !isInOrder(record[key]))) return false
    last = key
  }
  return true
}

function sortedJson(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return arrayJson(value)
  const record = value as Readonly<Record<string, unknown>>
  let text = ''
  for (const key of Object.keys(record).sort()) {
    const member = record[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${sortedJson(member)}`
  }
  return `{${text}}`
}

function arrayJson(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += text === '' ? sortedJson(item) : `,${sortedJson(item)}`
  return `[${text}]`
}
