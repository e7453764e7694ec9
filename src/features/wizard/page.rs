//! The wizard's frame: which draft it opens with, the step that shows, and the way on.

use hookboard_api::{account::Role, automation::Automation};
use leptos::{html, prelude::*};

use super::{
    action_step::ActionStep,
    draft::Draft,
    event_step::EventStep,
    head::{Sentence, Steps},
    keep::{self, Door},
    review_step::ReviewStep,
    saving::Saving,
    state::{STEPS, Wizard},
    testing::Testing,
    webhook_field::{Making, MakingDialogs},
};
use crate::{
    client::{calls, use_client, use_team},
    features::nowhere::Nowhere,
    route::{Place, PlaceTab, Route, Step, use_router},
    ui::{
        button::{Button, ButtonKind, ButtonLink, LinkButton},
        feedback::{Callout, LoadError},
        focus::Heading,
        icon::{Glyph, Icon},
        status::Tone,
    },
};

/// Creating an automation, or editing one.
#[component]
pub fn WizardPage(
    /// The registry or project.
    place: Place,
    /// The automation edited; none creates one.
    #[prop(optional_no_strip)]
    id: Option<String>,
) -> impl IntoView {
    let missing = use_team().lacks(&place);
    move || {
        if missing.get() {
            view! { <Nowhere /> }.into_any()
        } else {
            view! { <Opened place=place.clone() id=id.clone() /> }.into_any()
        }
    }
}

#[component]
fn Opened(place: Place, #[prop(optional_no_strip)] id: Option<String>) -> impl IntoView {
    let client = use_client();
    let door = use_router().query().with_untracked(|query| Door::read(place.clone(), id, query));
    let key = door.key();
    // Counts fresh starts: each builds the form anew.
    let round = RwSignal::new(0_u32);
    let restart = {
        let key = key.clone();
        Callback::new(move |()| {
            keep::forget(&key);
            round.update(|round| *round += 1);
        })
    };
    let Some(id) = door.id.clone() else {
        return view! {
            {move || {
                round.track();
                let (draft, template) = keep::load(&key).unwrap_or_else(|| door.begin());
                view! { <WizardForm door=door.clone() draft=draft template=template restart=restart /> }
            }}
        }
        .into_any();
    };
    let path = calls::automation(&place.entity, &id, "");
    let asked = path.clone();
    let found = client.query::<Automation>(move || Some(asked.clone()));
    // Only whether there is one: a change by someone else must not take the draft away.
    let ready = Memo::new(move |_| found.with(|found| found.value.is_some()));
    let failed = Memo::new(move |_| found.with(|found| found.error.clone()));
    view! {
        {move || {
            round.track();
            if let Some((draft, template)) = keep::load(&key) {
                return view! { <WizardForm door=door.clone() draft=draft template=template restart=restart /> }
                    .into_any();
            }
            if ready.get() {
                let automation = found.with_untracked(|found| found.value.clone());
                return automation
                    .map(|automation| {
                        let (draft, template) = Draft::read(&place, &automation);
                        view! { <WizardForm door=door.clone() draft=draft template=template restart=restart /> }
                    })
                    .into_any();
            }
            let path = path.clone();
            view! {
                <div class="page">
                    <div class="page-head">
                        <Heading>"Edit automation"</Heading>
                    </div>
                    {failed
                        .get()
                        .map(|error| {
                            view! {
                                <LoadError
                                    what="The automation"
                                    why=error.words()
                                    on_retry=move || client.refresh(&path)
                                />
                            }
                        })}
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}

#[component]
fn WizardForm(door: Door, draft: Draft, template: String, restart: Callback<()>) -> impl IntoView {
    let (client, router, team) = (use_client(), use_router(), use_team());
    let title = if door.id.is_some() { "Edit automation" } else { "Create automation" };
    let home = match &door.id {
        Some(id) => Route::Automation(door.place.clone(), id.clone()),
        None => Route::Place(door.place.clone(), PlaceTab::Automations),
    };
    let wizard = Wizard::open(client, router, &door, draft, template);
    let testing = Testing::new(wizard);
    let making = Making::new();
    let form: NodeRef<html::Form> = NodeRef::new();
    let saving = Saving::new(wizard, form);
    let heading: NodeRef<html::H1> = NodeRef::new();
    let step = wizard.step();

    // A step is shown only when those before it are sound; an address may say otherwise.
    Effect::new(move || {
        let (step, last) = (step.get(), wizard.reachable());
        if step > last && saving.busy.get_untracked().is_none() {
            wizard.fall_back(last);
        }
    });
    Effect::with_last(move |before: Option<Step>| {
        let now = step.get();
        if before.is_some_and(|before| before != now)
            && let Some(heading) = heading.get_untracked()
        {
            // A step is a route: the heading takes the focus, and with it the reading position.
            let _ = heading.focus();
        }
        now
    });

    let start_over = move || {
        wizard.stop_keeping();
        restart.run(());
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let now = step.get_untracked();
        let to = match now {
            Step::Event => Step::Action,
            Step::Action => Step::Review,
            Step::Review => return saving.save(),
        };
        if !wizard.advance(now, to) {
            saving.focus_fault();
        }
    };

    let body = move || match step.get() {
        Step::Event => view! { <EventStep wizard=wizard /> }.into_any(),
        Step::Action => view! { <ActionStep wizard=wizard testing=testing making=making /> }.into_any(),
        Step::Review => view! { <ReviewStep wizard=wizard testing=testing saving=saving /> }.into_any(),
    };
    let foot = move || {
        let home = router.href(&home);
        let back = move |to: Step| {
            view! {
                <ButtonLink href=Signal::derive(move || router.href_to(&wizard.address(to))) glyph=Glyph::ArrowLeft>
                    "Back"
                </ButtonLink>
            }
        };
        let first = match step.get() {
            Step::Event => view! { <ButtonLink href=home>"Cancel"</ButtonLink> }.into_any(),
            Step::Action => back(Step::Event).into_any(),
            Step::Review => back(Step::Action).into_any(),
        };
        let test = move || {
            let sends = wizard.part(|draft| !draft.record);
            let refused = Signal::derive(move || Testing::refusal(wizard, team));
            move || {
                sends.get().then(|| {
                    view! {
                        <Button
                            glyph=Glyph::Send
                            busy=testing.busy
                            refused=refused
                            on_press=move || testing.send(wizard)
                        >
                            "Test automation"
                        </Button>
                    }
                })
            }
        };
        let last = match step.get() {
            Step::Event => next("Action").into_any(),
            Step::Action => view! {
                {test()}
                {next("Review")}
            }
            .into_any(),
            Step::Review => {
                let label = if wizard.id().is_some() { "Save automation" } else { "Create automation" };
                view! {
                    {test()}
                    <Button kind=ButtonKind::Primary submit=true busy=saving.busy refused=team.refusal(Role::Admin)>
                        {label}
                    </Button>
                }
                .into_any()
            }
        };
        view! {
            {first}
            <span class="form-foot__draft">
                <Button kind=ButtonKind::Quiet on_press=start_over>
                    "Start over"
                </Button>
            </span>
            <span class="push"></span>
            <span class="form-foot__note">"Draft kept in this tab"</span>
            {last}
        }
    };
    let refused = team.refusal(Role::Admin);
    let reader = move || {
        refused.get().map(|why| {
            view! {
                <div class="section-tight">
                    <Callout tone=Tone::Info glyph=Glyph::Lock>
                        <b class="strong">"You can look around here, and not save."</b>
                        " "
                        {why}
                    </Callout>
                </div>
            }
        })
    };
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading node_ref=heading>{title}</Heading>
                    <Sentence wizard=wizard />
                    // In a narrow window the foot has no room for it.
                    <p class="page-head__draft">
                        "Draft kept in this tab. "
                        <LinkButton on_press=start_over>"Start over"</LinkButton>
                    </p>
                </div>
                <Steps wizard=wizard />
            </div>
            {live(reader)}
            <form
                node_ref=form
                class="form-split"
                novalidate
                aria-label=bound(move || STEPS.iter().find(|(own, _)| *own == step.get()).map(|(_, name)| *name))
                on:submit=handler(submit)
            >
                {live(body)}
                <div class="form-foot form-split__foot">{live(foot)}</div>
            </form>
            <MakingDialogs wizard=wizard making=making />
        </div>
    }
    .into_any()
}

fn next(label: &'static str) -> impl IntoView {
    view! {
        <button class="button" data-kind="primary" type="submit">
            {label}
            <Icon glyph=Glyph::ArrowRight />
        </button>
    }
}
