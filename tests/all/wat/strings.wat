;; Functions over strings, in the encoding that stands for ENCODING.
(component
  (core module $m
    (memory (export "memory") 4)
    (global $next (mut i32) (i32.const 1024))
    (data (i32.const 64) "\3d\d8\00\de")     ;; one emoji in UTF-16
    (data (i32.const 68) "\3d\d8\61\00")     ;; a high surrogate, and `a`
    (data (i32.const 72) "\00\de\61\00")     ;; a low surrogate, and `a`
    (data (i32.const 76) "\e9\00\e9\00")     ;; `é`, NUL, `é`, NUL in Latin-1
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.lt_u (i32.const 16) (local.get 2)) (then unreachable))
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3))))
    (func $pair (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "echo") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "length") (param i32 i32) (result i32) (local.get 1))
    (func (export "byte") (param i32 i32 i32) (result i32)
      (i32.load8_u (i32.add (local.get 0) (local.get 2))))
    (func (export "at") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "list") (param i32 i32) (result i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "reset") (param i32) (global.set $next (i32.const 1024))))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $i "echo") string-encoding=ENCODING
      (memory $memory) (realloc $realloc) (post-return (core func $i "reset"))))
  (func (export "length") (param "s" string) (result u32)
    (canon lift (core func $i "length") string-encoding=ENCODING
      (memory $memory) (realloc $realloc) (post-return (core func $i "reset"))))
  (func (export "byte") (param "s" string) (param "index" u32) (result u8)
    (canon lift (core func $i "byte") string-encoding=ENCODING
      (memory $memory) (realloc $realloc) (post-return (core func $i "reset"))))
  (func (export "at") (param "pointer" u32) (param "length" u32) (result string)
    (canon lift (core func $i "at") string-encoding=ENCODING (memory $memory) (realloc $realloc)))
  (func (export "list") (param "s" (list string)) (result (list string))
    (canon lift (core func $i "list") string-encoding=ENCODING
      (memory $memory) (realloc $realloc) (post-return (core func $i "reset")))))
