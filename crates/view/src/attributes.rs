//! Attributes of one type, which carries the name.

use full::{
    prelude::AddAnyAttr,
    tachys::html::{
        attribute::{
            AttributeValue,
            custom::{CustomAttr, custom_attribute},
        },
        element::HtmlElement,
    },
};

type With<Element, Value> = <Element as AddAnyAttr>::Output<CustomAttr<&'static str, Value>>;

macro_rules! attributes {
    ($(#[$meta:meta])* $group:ident: $($name:ident $text:literal)*) => {
        $(#[$meta])*
        pub trait $group: AddAnyAttr + Sized {
            $(
                #[doc = concat!("Sets `", $text, "`.")]
                fn $name<V: AttributeValue>(self, value: V) -> With<Self, V> {
                    self.add_any_attr(custom_attribute($text, value))
                }
            )*
        }

        impl<E, A, C> $group for HtmlElement<E, A, C> where Self: AddAnyAttr {}
    };
}

attributes! {
    /// What assistive technology is told.
    AriaAttributes:
    aria_activedescendant "aria-activedescendant" aria_autocomplete "aria-autocomplete" aria_busy "aria-busy"
    aria_checked "aria-checked" aria_controls "aria-controls" aria_current "aria-current"
    aria_describedby "aria-describedby" aria_description "aria-description" aria_disabled "aria-disabled"
    aria_expanded "aria-expanded" aria_haspopup "aria-haspopup" aria_hidden "aria-hidden"
    aria_invalid "aria-invalid" aria_label "aria-label" aria_labelledby "aria-labelledby"
    aria_pressed "aria-pressed" aria_selected "aria-selected" aria_sort "aria-sort"
}

attributes! {
    /// What HTML knows, on whichever element.
    GlobalAttributes:
    accept "accept" action "action" alt "alt" autocapitalize "autocapitalize" autocomplete "autocomplete" autofocus "autofocus"
    checked "checked" cols "cols" colspan "colspan" datetime "datetime" dir "dir" disabled "disabled"
    download "download" enterkeyhint "enterkeyhint" r#for "for" form "form" hidden "hidden" href "href" id "id"
    inert "inert" inputmode "inputmode" lang "lang" list "list" max "max" maxlength "maxlength" method "method"
    min "min" minlength "minlength" multiple "multiple" name "name" novalidate "novalidate" open "open"
    pattern "pattern" placeholder "placeholder" popover "popover" popovertarget "popovertarget"
    readonly "readonly" rel "rel" required "required" role "role" rows "rows" rowspan "rowspan" scope "scope"
    selected "selected" span "span" spellcheck "spellcheck" src "src" step "step" tabindex "tabindex"
    target "target" title "title" translate "translate" r#type "type" value "value" width "width"
    height "height" wrap "wrap"
}
