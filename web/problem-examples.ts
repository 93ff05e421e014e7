import { PROBLEM_TEXTS } from '../src/ingest/problem-texts.ts'
import { textOf } from '../src/national/fault-texts.ts'
import { PROBLEMS, type ProblemCode } from '../src/platform/problem.ts'

const fault = {
  pointer: '/XML2/2/SO_LUONG',
  code: 'field.format',
  table: 'XML2',
  stt: 3,
  field: 'SO_LUONG',
  detail: textOf('field.format', { table: 'XML2', field: 'SO_LUONG' }, {}).vi,
}

/** A refusal as it is on the wire, in Vietnamese. */
export function problemExample(code: ProblemCode) {
  const { status, retryable } = PROBLEMS[code]
  const { title, detail } = PROBLEM_TEXTS[code]
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: detail.vi,
    instance: 'req_0123456789abcdef01234567',
    code,
    retryable,
    ...(code === 'claim.invalid' ? { errorCount: 1, errors: [fault] } : {}),
  }
}
