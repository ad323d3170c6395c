//! Functions as declarations.

use super::Origin;
use super::names::identifier;
use super::text::Text;
use super::types::{Types, payload, union};
use crate::plan::{Function, Kind, Param, Returns, Role, Type};

impl Types<'_> {
    /// A function's doc comment and its signature.
    pub(super) fn function(&self, text: &mut Text, function: &Function, head: &str) {
        let (returns, throws) = self.returns(function);
        let docs = self.component.docs.of_item(&function.interface, &function.name);
        let throws = match (throws, self.origin) {
            (None, _) => String::new(),
            (Some(payload), Origin::Component) => format!("@throws {{ComponentError<{payload}>}}"),
            (Some(payload), Origin::Script) => {
                format!("@throws {{{payload}}} as it is, or as the `payload` of an error")
            }
        };
        text.remark(&format!("{docs}\n\n{throws}"));
        let tail = match (function.role, self.origin) {
            (Role::Constructor(_), Origin::Component) => ");".to_owned(),
            (_, Origin::Script) if function.asynchronous => {
                format!("): {};", union(vec![format!("PromiseLike<{returns}>"), returns]))
            }
            _ if function.asynchronous => format!("): Promise<{returns}>;"),
            _ => format!("): {returns};"),
        };
        let params = self.params(function);
        let line = format!("{head}({}{tail}", params.join(", "));
        if text.fits(&line) {
            return text.line(&line);
        }
        text.line(&format!("{head}("));
        text.nested(|text| params.iter().for_each(|param| text.line(&format!("{param},"))));
        text.line(&tail);
    }

    /// The parameters; options may be left out after the last one that is none. A component leaves out nothing.
    fn params(&self, function: &Function) -> Vec<String> {
        let params = &function.params[function.role.receivers()..];
        if self.origin == Origin::Script {
            return params.iter().map(|param| self.param(param)).collect();
        }
        let needed = params.iter().rposition(|param| !is_option(&param.ty)).map_or(0, |last| last + 1);
        let param = |(index, param)| if index < needed { self.param(param) } else { self.optional(param) };
        params.iter().enumerate().map(param).collect()
    }

    fn param(&self, param: &Param) -> String {
        format!("{}: {}", identifier(&param.name), self.expression(&param.ty, self.origin.params()))
    }

    fn optional(&self, param: &Param) -> String {
        let mut members = self.members(&param.ty, self.origin.params());
        members.retain(|member| member != "undefined");
        format!("{}?: {}", identifier(&param.name), union(members))
    }

    /// What it returns, and what payload it throws if it may.
    fn returns(&self, function: &Function) -> (String, Option<String>) {
        let answer = |ty: Option<&Type>, none: &str| match ty {
            Some(ty) => self.expression(ty, self.origin.result()),
            None => none.to_owned(),
        };
        match &function.result {
            Returns::Nothing => ("void".to_owned(), None),
            Returns::Value(ty) => (self.expression(ty, self.origin.result()), None),
            Returns::OrThrows(ty) => match &ty.kind {
                Kind::Result(cases) => {
                    (answer(payload(cases, 0), "void"), Some(answer(payload(cases, 1), "undefined")))
                }
                _ => (self.expression(ty, self.origin.result()), None),
            },
        }
    }
}

fn is_option(ty: &Type) -> bool {
    matches!(ty.kind, Kind::Option { .. })
}
