import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** One way in which a value is not what its schema says. Never quotes the value. */
export interface SchemaFault {
  /** RFC 6901 JSON Pointer to the place; of a missing or unknown member, to that member. */
  readonly pointer: string
  /** The keyword that was not met: `required`, `pattern`, `maximum` … */
  readonly code: string
  /** What the keyword asked for, such as `{ limit: 65535 }`. */
  readonly params: Readonly<Record<string, unknown>>
}
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly SchemaFault[] }

export interface CompileOptions {
  /** Schemas that this one refers to, each with the `$id` it is referred to by. */
  readonly references?: readonly object[]
  /** Turns text into the number or boolean that the schema wants and fills defaults, in the value itself: for environment variables alone. */
  readonly coerce?: boolean
}

/** Words of our own in schemas: the unit of a number, and whether a value may hold a password. */
const VOCABULARY = ['x-unit', 'x-secret']

/**
 * Compiles a JSON Schema 2020-12 at run time, for what is checked rarely (configuration, register lines). All faults are found, not
 * the first alone; formats are asserted. `T` is the caller's word for what the schema describes.
 * @throws Error when the schema itself is not valid or holds an unknown keyword
 */
export function compile<T>(
  schema: object,
  { references = [], coerce = false }: CompileOptions = {},
): (value: unknown) => Checked<T> {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    messages: false,
    coerceTypes: coerce,
    useDefaults: coerce,
  })
  ajv.addVocabulary(VOCABULARY)
  formats.default(ajv)
  for (const reference of references) ajv.addSchema(reference)
  const validate = ajv.compile(schema)
  return (value) =>
    validate(value) ? { ok: true, value: value as T } : { ok: false, errors: (validate.errors ?? []).map(faultOf) }
}

function faultOf({ instancePath, keyword, params }: ErrorObject): SchemaFault {
  const member: unknown = params['missingProperty'] ?? params['additionalProperty'] ?? params['unevaluatedProperty']
  const step = typeof member === 'string' ? `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
  return { pointer: instancePath + step, code: keyword, params }
}
