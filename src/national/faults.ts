import type { Fault } from '../platform/problem.ts'
import { type FaultCode, type Measured, textOf } from './fault-texts.ts'

export interface FaultPlace {
  readonly table?: string | undefined
  /** Position in the table's list, from 0. */
  readonly index?: number | undefined
  readonly stt?: number | undefined
  readonly field?: string | undefined
}

/** Counts every fault and keeps the first `listedMax`. */
export interface FaultList {
  add(code: FaultCode, place: FaultPlace, measured?: Measured): void
  readonly listed: readonly Fault[]
  readonly count: number
}

/** `STT` of a row as far as it is one. */
export function sttOf(row: unknown): number | undefined {
  const stt = typeof row === 'object' && row !== null ? (row as { readonly STT?: unknown }).STT : undefined
  return typeof stt === 'string' && /^\d{1,10}$/.test(stt) ? Number(stt) : undefined
}

export function createFaultList(listedMax: number): FaultList {
  const listed: Fault[] = []
  let count = 0
  return {
    listed,
    get count() {
      return count
    },
    add(code, place, measured = {}) {
      count++
      if (listed.length < listedMax) listed.push(faultOf(code, place, measured))
    },
  }
}

function faultOf(code: FaultCode, { table, index, stt, field }: FaultPlace, measured: Measured): Fault {
  const path = [table, index, field].filter((step) => step !== undefined)
  return {
    pointer: path.map((step) => `/${escaped(String(step))}`).join(''),
    code,
    detail: textOf(code, { table, field }, measured),
    ...(table === undefined ? {} : { table: table.slice(0, nameLengthMax) }),
    ...(stt === undefined ? {} : { stt }),
    ...(field === undefined ? {} : { field: field.slice(0, nameLengthMax) }),
  }
}

/** Names that a sender made up are shown no longer than this. */
const nameLengthMax = 64
const escaped = (step: string) => step.slice(0, nameLengthMax).replaceAll('~', '~0').replaceAll('/', '~1')
