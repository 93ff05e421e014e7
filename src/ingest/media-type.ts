/** The media type of a `Content-Type` header in lower case; `undefined` when there is none or its charset is not UTF-8. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined
  const semicolon = contentType.indexOf(';')
  if (semicolon === -1) return contentType.trim().toLowerCase()
  for (const parameter of contentType.slice(semicolon + 1).split(';', 8)) {
    const [name = '', value = ''] = parameter.split('=', 2)
    if (name.trim().toLowerCase() !== 'charset') continue
    const charset = value.trim().replaceAll('"', '').toLowerCase()
    if (charset !== 'utf-8' && charset !== 'utf8') return undefined
  }
  return contentType.slice(0, semicolon).trim().toLowerCase()
}
