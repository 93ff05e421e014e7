import { textOf } from '../eligibility/line-fault-texts.ts'
import { type Fault, Problem, type ProblemCode } from '../platform/problem.ts'
import type { Checked, SchemaFault } from '../platform/schema.ts'
import { refuseEncoding } from './claim-intake.ts'
import { mediaTypeOf } from './media-type.ts'
import type { ReadBytes } from './read-bytes.ts'
import type { CallerRequest } from './route.ts'

/**
 * The checked body of a small JSON request.
 * @param invalid code of the refusal when it is not what the schema says
 * @throws Problem request.media_type · request.unreadable · `invalid`
 */
export async function jsonContent<T>(
  request: CallerRequest,
  readBytes: ReadBytes,
  { check, bytesMax, invalid }: { check: (value: unknown) => Checked<T>; bytesMax: number; invalid: ProblemCode },
): Promise<T> {
  refuseEncoding(request)
  if (mediaTypeOf(request.header('content-type')) !== 'application/json') throw new Problem('request.media_type')
  const checked = check(parsed(await readBytes(request.incoming, { bytesMax })))
  if (!checked.ok) throw new Problem(invalid, { errors: checked.errors.map(faultOf) })
  return checked.value
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Problem('request.unreadable')
  }
}

function faultOf({ pointer, code, params }: SchemaFault): Fault {
  const detail =
    code === 'additionalProperties'
      ? { vi: 'trường không có trong mẫu', en: 'there is no such member' }
      : textOf({ pointer, code, wanted: params })
  return { pointer, code, detail }
}
