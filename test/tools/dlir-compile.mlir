// RUN: dlir-compile %s --target=ref --check-support | filecheck %s --check-prefix=SUPPORT
// RUN: dlir-compile %s --target=ref --report=%t.json
// RUN: filecheck %s --check-prefix=REPORT < %t.json
// RUN: dlir-compile %s --target=ref --report=%t.html
// RUN: filecheck %s --check-prefix=HTML < %t.html
// RUN: dlir-compile %s --target=ref --compile-to=input | filecheck %s
// RUN: not dlir-compile %s --target=ref --compile-to=loops 2>&1 | filecheck %s --check-prefix=LEVEL
// RUN: not dlir-compile %s --target=ref --report=%t.txt 2>&1 | filecheck %s --check-prefix=FORMAT
// RUN: not dlir-compile %s --target=ref --check-support --function 2>&1 | filecheck %s --check-prefix=USAGE

// SUPPORT: op {{ *}}count  on ref
// SUPPORT: arith.addf {{ *}}1  yes
// REPORT: "target": "ref"
// REPORT: "arith.addf": 1
// HTML: <h1>@f on ref</h1>
// CHECK: arith.addf
// LEVEL: error: target 'ref' has no level 'loops'
// FORMAT: error: --report={{.*}}.txt: write R.json or R.html
// USAGE: error: argument --function: expected one argument
func.func @f(%a: f32) -> f32 {
  %b = arith.addf %a, %a : f32
  func.return %b : f32
}
