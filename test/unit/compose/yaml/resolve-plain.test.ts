import { describe, expect, it } from 'vitest';
import { resolvePlain, scalarText } from '../../../../src/compose/yaml/resolve-plain.ts';

describe('resolvePlain', () => {
  it.each([
    ['', null],
    ['~', null],
    ['Null', null],
    ['nULL', 'nULL'],
    ['true', true],
    ['FALSE', false],
    ['yes', 'yes'],
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    ['0440', 288],
    ['-010', -8],
    ['08', 8],
    ['0o17', 15],
    ['0b101', 5],
    ['0xff', 255],
    ['1_000', 1000],
    ['1.50', 1.5],
    ['.5', 0.5],
    ['1.', 1],
    ['1e3', 1000],
    ['-', '-'],
    ['.', '.'],
    ['1.2.3', '1.2.3'],
    ['12:30', '12:30'],
    ['2024-01-01', '2024-01-01'],
    ['.inf', Number.POSITIVE_INFINITY],
    ['-.Inf', Number.NEGATIVE_INFINITY],
    ['.nan', Number.NaN],
    ['9007199254740992', '9007199254740992'],
    ['-0xffffffffffffffff', '-18446744073709551615'],
  ])('%j is %j', (text, value) => expect(resolvePlain(text)).toEqual(value));
});

describe('scalarText', () => {
  it.each([
    [1, '1'],
    [1.5, '1.5'],
    [true, 'true'],
    [null, ''],
    ['x', 'x'],
    [123456.5, '123456.5'],
    [1234567.5, '1.2345675e+06'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [-0, '-0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ])('%j is %j', (value, text) => expect(scalarText(value)).toBe(text));
});
