/** RFC 8785 text of a JSON value; members that are undefined are left out, as JSON does. Decisions have an encoder of their own. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return arrayJson(value)
  const record = value as Readonly<Record<string, unknown>>
  let text = ''
  for (const key of sortedKeys(record)) {
    const member = record[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}

function arrayJson(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += text === '' ? canonicalJson(item) : `,${canonicalJson(item)}`
  return `[${text}]`
}

/** Most objects are made in this order already. */
function sortedKeys(record: object): readonly string[] {
  const keys = Object.keys(record)
  for (let at = 1; at < keys.length; at++) if (keys[at - 1]! > keys[at]!) return keys.sort()
  return keys
}
