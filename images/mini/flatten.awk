# Flattens the block style of YAML, as cloud-init data is written: one line `FILE.PATH=VALUE` for each scalar, such as
# `user-data.users.0.name=stack`. Maps, lists, plain, quoted and block scalars, folding and comments are known; flow
# collections, anchors and tags are not (an empty `[]` or `{}` has no line). In a value a backslash is written `\\` and
# a line break `\n`, so that `printf %b` gives it back.

FNR == 1 { flatten(); file = FILENAME; sub(/.*\//, "", file) }
{ sub(/\r$/, ""); line[++count] = $0 }
END { flatten() }

function flatten(  before) {
  at = 1
  while (next_indent() >= 0) {
    before = at
    node(file, -1)
    if (at == before) at++
  }
  count = 0
}

function indent_of(text) { match(text, /^ */); return RLENGTH }
function rest_of(indent) { return substr(line[at], indent + 1) }
function is_item(text) { return text ~ /^-( |$)/ }

# Moves to the next line that has content; its indentation, or -1 at the end.
function next_indent() {
  while (at <= count && line[at] ~ /^[ \t]*(#.*)?$|^(---|\.\.\.)( |$)/) at++
  return at <= count ? indent_of(line[at]) : -1
}

# The node at the next content, inside a parent that is indented by `parent`.
function node(path, parent,  indent) {
  indent = next_indent()
  if (indent <= parent) emit(path, "")
  else if (is_item(rest_of(indent))) sequence(path, indent)
  else if (colon_in(rest_of(indent))) mapping(path, indent)
  else scalar(path, rest_of(indent), parent)
}

function sequence(path, indent,  n) {
  for (n = 0; next_indent() == indent && is_item(rest_of(indent)); n++) {
    line[at] = substr(line[at], 1, indent) " " substr(line[at], indent + 2)
    node(path "." n, indent)
  }
}

function mapping(path, indent,  colon, key, text, child) {
  while (next_indent() == indent && (colon = colon_in(rest_of(indent)))) {
    key = substr(rest_of(indent), 1, colon - 1)
    sub(/ +$/, "", key)
    key = path "." (key ~ /^["']/ ? unquote(key) : key)
    text = substr(rest_of(indent), colon + 1)
    sub(/^[ \t]+/, "", text)
    if (text != "" && text !~ /^#/) { scalar(key, text, indent); continue }
    at++
    child = next_indent()
    if (child == indent && is_item(rest_of(indent))) sequence(key, indent)
    else node(key, indent)
  }
}

# Where the colon behind a key is, 0 where the text is no entry of a map.
function colon_in(text) {
  if (text ~ /^"/) return match(text, /^"([^"\\]|\\.)*" *:( |$)/) ? RLENGTH - (substr(text, RLENGTH) == " ") : 0
  if (text ~ /^'/) return match(text, /^'([^']|'')*' *:( |$)/) ? RLENGTH - (substr(text, RLENGTH) == " ") : 0
  return text ~ /^[|>\[{#]/ ? 0 : match(text, /:( |$)/)
}

function scalar(path, text, parent) {
  if (text ~ /^[|>]/) block(path, text, parent)
  else if (text ~ /^["']/) emit(path, quoted(text))
  else plain(path, text, parent)
}

function plain(path, text, parent,  blank) {
  at++
  if (match(text, /[ \t]#/)) text = substr(text, 1, RSTART - 1)
  else for (blank = 0; at <= count; at++) {
    if (line[at] ~ /^[ \t]*$/) { blank++; continue }
    if (indent_of(line[at]) <= parent || line[at] ~ /^ *#/) break
    text = trimmed(text) folded(blank) trimmed(line[at])
    blank = 0
  }
  text = trimmed(text)
  if (text != "[]" && text != "{}") emit(path, text == "null" || text == "~" ? "" : text)
}

function quoted(text,  blank, open) {
  open = substr(text, 1, 1) == "\"" ? "^\"([^\"\\\\]|\\\\.)*\\\\?$" : "^'([^']|'')*$"
  for (at++; at <= count && text ~ open; at++) {
    if (line[at] ~ /^[ \t]*$/) { blank++; continue }
    if (text ~ /^"/ && text ~ /(^|[^\\])(\\\\)*\\$/) text = substr(text, 1, length(text) - 1) newlines(blank)
    else { sub(/[ \t]+$/, "", text); text = text folded(blank) }
    text = text left_trimmed(line[at])
    blank = 0
  }
  return unquote(text)
}

function unquote(text,  plain, back, code) {
  if (text ~ /^'/) {
    match(text, /^'([^']|'')*'/)
    text = substr(text, 2, RLENGTH - 2)
    gsub(/''/, "'", text)
    return text
  }
  match(text, /^"([^"\\]|\\.)*"/)
  text = substr(text, 2, RLENGTH - 2)
  while (back = index(text, "\\")) {
    plain = plain substr(text, 1, back - 1)
    code = substr(text, back + 1, 1)
    text = substr(text, back + 2)
    if (code == "x" || code == "u") {
      plain = plain sprintf("%c", hexadecimal(substr(text, 1, code == "x" ? 2 : 4)))
      text = substr(text, code == "x" ? 3 : 5)
    } else plain = plain (code == "n" ? "\n" : code == "t" ? "\t" : code == "r" ? "\r" : code == "e" ? "\033" : code)
  }
  return plain text
}

function hexadecimal(digits,  i, sum) {
  for (i = 1; i <= length(digits); i++) sum = sum * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
  return sum
}

function block(path, header, parent,  base, text, blank, more, was_more, value, started) {
  sub(/[ \t]+#.*/, "", header)
  at++
  base = match(header, /[1-9]/) ? (parent < 0 ? 0 : parent) + substr(header, RSTART, 1) : block_indent(parent)
  for (blank = 0; at <= count; at++) {
    if (line[at] ~ /^ *$/ && length(line[at]) <= base) { blank++; continue }
    if (indent_of(line[at]) < base) break
    text = substr(line[at], base + 1)
    more = text ~ /^[ \t]/
    if (!started) value = newlines(blank) text
    else if (header ~ /^>/ && !more && !was_more) value = value folded(blank) text
    else value = value newlines(blank + 1) text
    started = 1
    was_more = more
    blank = 0
  }
  if (header ~ /\+/) value = value newlines(blank + (started ? 1 : 0))
  else if (header !~ /-/ && started) value = value "\n"
  emit(path, value)
}

# The indentation of the first line of content; where there is none, that of the longest blank line.
function block_indent(parent,  i, longest) {
  for (i = at; i <= count && line[i] ~ /^ *$/; i++) if (length(line[i]) > longest) longest = length(line[i])
  if (i <= count && indent_of(line[i]) > parent) return indent_of(line[i])
  return longest > parent ? longest : parent + 1
}

function folded(blank) { return blank ? newlines(blank) : " " }
function newlines(n,  text) { while (n-- > 0) text = text "\n"; return text }
function left_trimmed(text) { sub(/^[ \t]+/, "", text); return text }
function trimmed(text) { sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text); return text }

# Line breaks are not replaced by gsub: what a backslash means in its replacement differs between versions of busybox.
function emit(path, value,  lines, n, i, text) {
  gsub(/\\/, "&&", value)
  n = split(value, lines, "\n")
  for (i = 1; i <= n; i++) text = text (i > 1 ? "\\n" : "") lines[i]
  print path "=" text
}
