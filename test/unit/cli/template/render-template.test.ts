import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../../src/cli/template/render-template.ts';

const data = {
  Name: 'web',
  Size: 42,
  None: null,
  Tags: ['a:1', 'b:2'],
  Empty: [],
  State: { Running: true, Pid: 7 },
  Labels: { 'b.c': 'two', a: 'one' },
  Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '443/tcp': null },
};

/** What Go's text/template with the docker CLI's functions makes of them, by `docker inspect --format`. */
describe('a template', () => {
  it.each([
    ['{{.Name}}', 'web'],
    ['{{ .State.Pid }}', '7'],
    ['{{.Tags}} {{.Labels}}', '[a:1 b:2] map[a:one b.c:two]'],
    ['{{.None}}', '<no value>'],
    ['{{json .Tags}}', '["a:1","b:2"]'],
    ['{{json .}}', JSON.stringify(data)],
    ['{{range .Tags}}{{.}},{{end}}', 'a:1,b:2,'],
    ['{{range $i, $t := .Tags}}{{$i}}={{$t}} {{end}}', '0=a:1 1=b:2 '],
    ['{{range $k, $v := .Labels}}{{$k}}:{{$v}};{{end}}', 'a:one;b.c:two;'],
    ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
    ['{{range $p, $c := .Ports}}{{if $c}}{{$p}}->{{(index $c 0).HostPort}}{{end}}{{end}}', '80/tcp->8080'],
    ['{{if .State.Running}}up{{else}}down{{end}}', 'up'],
    ['{{if not .State.Running}}a{{else if eq .Size 42}}b{{else}}c{{end}}', 'b'],
    ['{{if and .Name (gt .Size 40)}}big{{end}}', 'big'],
    ['{{if or .Empty .None}}x{{end}}-', '-'],
    ['{{with .State}}{{.Pid}}{{end}}{{with .Empty}}x{{else}}y{{end}}', '7y'],
    ['{{with $x := .Name}}{{$x}}{{$.Size}}{{end}}', 'web42'],
    ['{{$n := .Name}}{{$n}}', 'web'],
    ['{{index .Labels "b.c"}}{{index .Labels "none"}}', 'two'],
    ['{{index .Tags 1}}', 'b:2'],
    ['{{(index .Ports "80/tcp" 0).HostPort}}', '8080'],
    ['{{join .Tags ", "}}', 'a:1, b:2'],
    ['{{.Tags | len}} {{len .Name}}', '2 3'],
    ['{{.Name | upper | printf "%s!"}}', 'WEB!'],
    ['{{printf "%-5s|%05d|%q" .Name .Size .Name}}', 'web  |00042|"web"'],
    ['{{index (split .Name "e") 1}}', 'b'],
    ['{{truncate .Name 2}}{{pad .Name 1 2}}|{{title .Name}}', 'we web  |Web'],
    ['{{println .Name .Size}}', 'web 42\n'],
    ['a  {{- .Name -}}  b', 'awebb'],
    ['{{/* nothing */}}x{{- /* nothing */ -}} y', 'xy'],
    ['{{"}}"}}{{`raw`}}', '}}raw'],
    ['{{range .Tags}}{{if eq . "a:1"}}{{continue}}{{end}}{{.}}{{break}}{{end}}', 'b:2'],
    ['plain\\n{{.Name}}\\t', 'plain\\nweb\\t'],
    ['{{1.5}} {{true}}', '1.5 true'],
    [
      '{{printf "%+d %c %o %b %x %X %e %g %U" 5 65 8 5 255 255 1.5 1.5 65}}',
      '+5 A 10 101 ff FF 1.500000e+00 1.5 U+0041',
    ],
    ['{{printf "%d|%s|%s" .Name .Size}}', '%!d(string=web)|%!s(int=42)|%!s(MISSING)'],
    ['{{printf "%s" .Name 2}}', 'web%!(EXTRA int=2)'],
    [
      '{{printf "%*d|%-4t|%q|%T|%+v|%.2s|%06.2f" 5 3 true .Tags .Size .Tags .Name 3.14159}}',
      '    3|true|["a:1" "b:2"]|int|[a:1 b:2]|we|003.14',
    ],
    ['{{print .Name 1 2 "a" "b" 3}} {{println 1 nil}}', 'web1 2ab3 1 <nil>\n'],
    [`{{html "<a href='x'>&"}}`, '&lt;a href=&#39;x&#39;&gt;&amp;'],
    [`{{js "it's <b>=\n"}}`, "it\\'s \\u003Cb\\u003E\\u003D\\u000A"],
    ['{{urlquery "a b&c=d/é!"}}', 'a+b%26c%3Dd%2F%C3%A9%21'],
    ['{{title "foo bar-baz x_y 2z"}} {{truncate "éàü" 2}} {{index .Name 0}}', 'Foo Bar-Baz X_y 2z é 119'],
    [
      '{{define "t"}}[{{.}}{{$}}]{{end}}{{template "t" .Name}}{{range .Tags}}{{template "t" .}}{{end}}',
      '[webweb][a:1a:1][b:2b:2]',
    ],
    [
      '{{block "b" .State}}<{{.Pid}}>{{end}}{{template "b" .State}}{{define "e"}}e{{end}}{{template "e"}}',
      '<7><7>e',
    ],
  ])('%s', (template, expected) => {
    expect(compileTemplate(template)(data)).toBe(expected);
  });

  it.each([
    ['{{.Name', /a \{\{ without its \}\}/],
    ['{{if .Name}}x', /has no \{\{end\}\}/],
    ['x{{end}}', /stands where nothing is open/],
    ['{{if .Name}}{{break}}{{end}}', /outside of a \{\{range/],
    ['{{}}', /a value is missing/],
    ['{{uper .Name}}', /function "uper" not defined; did you mean "upper"/],
    ['{{(.Name}}', /a \) is missing/],
    ['{{.Name)}}', /a \) too many/],
    ['{{$x}}', /undefined variable "\$x"/],
    ['{{.Nmae}}', /there is no field "Nmae"/],
    ['{{.Name.X}}', /there is no field "X"/],
    ['{{.Name 1}}', /arguments to what takes none/],
    ['{{index .Tags 5}}', /out of range: there are 2/],
    ['{{range .Name}}{{end}}', /can't go through web/],
    ['{{template "t" .}}', /no template "t"/],
    ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', /contains itself/],
    ['{{define "t"}}', /has no \{\{end\}\}/],
    ['{{define t}}{{end}}', /a name in quotes/],
    ['{{and}}', /and of nothing/],
    ['{{lt .Name 1}}', /can't be compared/],
    ['{{.Name ? }}', /can't be read from \?/],
  ])('%s is refused', (template, words) => {
    expect(() => compileTemplate(template)(data)).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE', message: expect.stringMatching(words) }),
    );
  });

  it('reaches nothing that JavaScript adds to data', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(() => compileTemplate(`{{.${name}}}`)(data)).toThrow(`no field "${name}"`);
    expect(compileTemplate('{{index .Labels "constructor"}}')(data)).toBe('');
    expect(() => compileTemplate('{{constructor}}')(data)).toThrow('not defined');
  });
});
