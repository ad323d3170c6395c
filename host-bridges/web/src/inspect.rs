//! What only the engine knows of a value, for `inspect`: nothing here runs any of the tenant's code.

use innerbox_binding::{Arguments, Failure, OrPending, Outcome, prelude, reference, value};

use crate::console::Colors;

type Predicate = fn(&v8::Value) -> bool;

/// The kinds of objects, in the order they are tried; a kind's number is its position, counted from 1.
const KINDS: &[(&str, Predicate)] = &[
    ("Proxy", v8::Value::is_proxy),
    ("AsyncGeneratorFunction", |value| value.is_async_function() && value.is_generator_function()),
    ("AsyncFunction", v8::Value::is_async_function),
    ("GeneratorFunction", v8::Value::is_generator_function),
    ("Function", v8::Value::is_function),
    ("Array", v8::Value::is_array),
    ("Map", v8::Value::is_map),
    ("Set", v8::Value::is_set),
    ("TypedArray", v8::Value::is_typed_array),
    ("Date", v8::Value::is_date),
    ("RegExp", v8::Value::is_reg_exp),
    ("Error", v8::Value::is_native_error),
    ("Promise", v8::Value::is_promise),
    ("MapIterator", v8::Value::is_map_iterator),
    ("SetIterator", v8::Value::is_set_iterator),
    ("WeakMap", v8::Value::is_weak_map),
    ("WeakSet", v8::Value::is_weak_set),
    ("ArrayBuffer", v8::Value::is_array_buffer),
    ("SharedArrayBuffer", v8::Value::is_shared_array_buffer),
    ("DataView", v8::Value::is_data_view),
    ("Arguments", v8::Value::is_arguments_object),
    ("Generator", v8::Value::is_generator_object),
    ("ModuleNamespace", v8::Value::is_module_namespace_object),
    ("NumberObject", v8::Value::is_number_object),
    ("StringObject", v8::Value::is_string_object),
    ("BooleanObject", v8::Value::is_boolean_object),
    ("BigIntObject", v8::Value::is_big_int_object),
    ("SymbolObject", v8::Value::is_symbol_object),
    ("External", v8::Value::is_external),
];

/// What `util.inspect` makes of `value`: text for a programmer. It may run the tenant's code (getters, methods of their own).
///
/// # Errors
/// What the tenant's code throws.
pub fn inspect<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    colors: Colors,
) -> Outcome<'s> {
    let inspect = prelude::export(scope, "web/inspect/index", "inspect")?;
    let inspect = v8::Local::<v8::Function>::try_from(inspect)
        .map_err(|_| Failure::error("host fault: `inspect` is no function").code("ERR_HOST_FAULT"))?;
    let undefined = value::undefined(scope);
    let colors = v8::Boolean::new(scope, colors == Colors::Always).into();
    inspect.call(scope, undefined, &[value, undefined, undefined, colors]).or_pending()
}

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    let kinds = v8::Object::new(scope);
    for (number, (name, _)) in (1..).zip(KINDS) {
        value::set(scope, kinds, name, v8::Integer::new(scope, number).into());
    }
    value::set(scope, host, "kinds", kinds.into());
    value::set_function(scope, host, "kindOf", kind_of);
    value::set_function(scope, host, "constructorName", constructor_name);
    value::set_function(scope, host, "entriesOf", entries_of);
    value::set_function(scope, host, "ownNamedKeys", own_named_keys);
    value::set_function(scope, host, "promiseDetails", promise_details);
    value::set_function(scope, host, "proxyDetails", proxy_details);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![
        reference(kind_of),
        reference(constructor_name),
        reference(entries_of),
        reference(own_named_keys),
        reference(promise_details),
        reference(proxy_details),
    ]
}

/// `kindOf(value)`: its number in `kinds`, 0 for an ordinary object or no object at all.
fn kind_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let value = args.get(0);
    let is = |(_, predicate): &(_, Predicate)| value.is_object() && predicate(&value);
    let number = (1..).zip(KINDS).find(|(_, kind)| is(kind)).map_or(0, |(number, _)| number);
    Ok(v8::Integer::new(scope, number).into())
}

/// `constructorName(object)`: the name of the class that made it, as the engine remembers it.
fn constructor_name<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let object = object(args.get(0))?;
    let name = object.get_constructor_name();
    Ok(v8::Local::new(scope, name).into())
}

/// `entriesOf(iterator or weak collection)`: what it holds, in a list, and whether that is keys and values in turn.
fn entries_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let (entries, is_key_value) = object(args.get(0))?.preview_entries(scope);
    let entries = entries.unwrap_or_else(|| v8::Array::new(scope, 0));
    let is_key_value = v8::Boolean::new(scope, is_key_value);
    Ok(v8::Array::new_with_elements(scope, &[entries.into(), is_key_value.into()]).into())
}

/// `ownNamedKeys(list, onlyEnumerable)`: the keys of a list that are no indexes.
fn own_named_keys<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let filter = if args.get(1).is_true() {
        v8::PropertyFilter::ONLY_ENUMERABLE
    } else {
        v8::PropertyFilter::ALL_PROPERTIES
    };
    let names = v8::GetPropertyNamesArgs {
        mode: v8::KeyCollectionMode::OwnOnly,
        property_filter: filter,
        index_filter: v8::IndexFilter::SkipIndices,
        key_conversion: v8::KeyConversionMode::ConvertToString,
    };
    let names = object(args.get(0))?.get_property_names(scope, names).or_pending()?;
    Ok(names.into())
}

/// `promiseDetails(promise)`: its state, and what it settled with.
fn promise_details<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let promise = v8::Local::<v8::Promise>::try_from(args.get(0))
        .map_err(|_| Failure::type_error("`promise`: expected Promise"))?;
    let (state, result) = match promise.state() {
        v8::PromiseState::Pending => ("pending", value::undefined(scope)),
        v8::PromiseState::Fulfilled => ("fulfilled", promise.result(scope)),
        v8::PromiseState::Rejected => ("rejected", promise.result(scope)),
    };
    let state = value::name(scope, state);
    Ok(v8::Array::new_with_elements(scope, &[state.into(), result]).into())
}

/// `proxyDetails(value)`: target and handler of an ES Proxy, which are null where it was revoked; else undefined.
fn proxy_details<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let Ok(proxy) = v8::Local::<v8::Proxy>::try_from(args.get(0)) else {
        return Ok(value::undefined(scope));
    };
    let (target, handler) = (proxy.get_target(scope), proxy.get_handler(scope));
    Ok(v8::Array::new_with_elements(scope, &[target, handler]).into())
}

fn object(value: v8::Local<v8::Value>) -> Result<v8::Local<v8::Object>, Failure> {
    v8::Local::try_from(value)
        .map_err(|_| Failure::type_error(format!("`value`: expected object, got {}", value::kind(value))))
}
