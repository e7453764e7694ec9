//! The wizard's frame: the sentence that grows with the form, the steps, and the way on.

use hookboard_api::{account::Role, automation::Automation, sentence, webhook::Webhook};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    action_step::{ActionStep, Testing},
    chosen::NoWebhook,
    draft::Draft,
    event_step::EventStep,
    keep::{self, Door},
    review_step::ReviewStep,
    state::{STEPS, Wizard},
    webhook_field::{Making, MakingDialogs},
};
use crate::{
    client::{ApiError, calls, use_client, use_team},
    features::nowhere::Nowhere,
    route::{Place, PlaceTab, Route, Step, use_router},
    ui::{
        button::{Button, ButtonKind, ButtonLink, LinkButton},
        conflict::Conflict,
        feedback::{Callout, LoadError},
        focus::Heading,
        icon::{Glyph, Icon},
        overlay::after_layout,
        rule::parts_view,
        status::Tone,
        toast::{Toasts, use_toasts},
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
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let title = if door.id.is_some() { "Edit automation" } else { "Create automation" };
    let home = match &door.id {
        Some(id) => Route::Automation(door.place.clone(), id.clone()),
        None => Route::Place(door.place.clone(), PlaceTab::Automations),
    };
    let wizard = Wizard::open(client, router, &door, draft, template);
    let testing = Testing::new();
    let making = Making::new();
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let saved_meanwhile = RwSignal::new(None::<Automation>);
    let form: NodeRef<html::Form> = NodeRef::new();
    let heading: NodeRef<html::H1> = NodeRef::new();
    let step = wizard.step();

    // A step is shown only when those before it are sound; an address may say otherwise.
    Effect::new(move || {
        let (step, last) = (step.get(), wizard.reachable());
        if step > last && busy.get_untracked().is_none() {
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
    let focus_fault = move || {
        after_layout(move || {
            let fault =
                form.get_untracked().and_then(|form| form.query_selector("[aria-invalid='true']").ok().flatten());
            if let Some(fault) = fault.and_then(|fault| fault.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = fault.focus();
            }
        });
    };
    let save = move || {
        if busy.get_untracked().is_some() {
            return;
        }
        failure.set(None);
        saved_meanwhile.set(None);
        wizard.tell_all();
        if !untrack(|| wizard.is_sound(Step::Review)) {
            focus_fault();
            return;
        }
        let place = wizard.place();
        let draft = wizard.draft().get_untracked();
        let body = draft.automation(&place, &wizard.template().get_untracked());
        let (id, revision) = (wizard.id(), draft.revision);
        let key = wizard.key();
        busy.set(Some(if id.is_some() { "Saving…" } else { "Creating…" }));
        spawn_local(async move {
            let answer = match &id {
                Some(id) => client.put::<Automation>(&calls::automation(&place.entity, id, ""), &body, revision).await,
                None => client.create::<Automation>(&calls::team(&place.entity, "automations"), &body).await,
            };
            let gone = busy.try_set(None).is_some();
            match answer {
                Ok(saved) => {
                    if !gone {
                        wizard.stop_keeping();
                    }
                    keep::forget(&key);
                    client.changed(&calls::team(&place.entity, "automations"));
                    client.changed(&calls::team(&place.entity, "places"));
                    toasts.say(
                        Glyph::Check,
                        format!("{} “{}”", if id.is_some() { "Saved" } else { "Created" }, saved.name),
                    );
                    if !gone {
                        router.leave_for(&Route::Automation(place, saved.id));
                    }
                }
                // The reader left while it was under way: the draft is kept, and tells at the next try.
                Err(_) if gone => {}
                Err(error) if error.is_outdated() => match fetch(wizard).await {
                    Ok(saved) => drop(saved_meanwhile.try_set(Some(saved))),
                    Err(error) => drop(failure.try_set(Some(error.words()))),
                },
                Err(error) if id.is_some() && error.is_missing() => {
                    // Deleted meanwhile: what was typed goes on as a new one.
                    let anew = Door::after(place.clone(), id.unwrap_or_default());
                    anew.keep(wizard.draft().get_untracked(), wizard.template().get_untracked());
                    toasts.say(Glyph::Info, "Somebody deleted this automation. What you typed goes on as a new one.");
                    if !gone {
                        wizard.stop_keeping();
                    }
                    keep::forget(&key);
                    if !gone {
                        router.replace_with(&anew.address());
                    }
                }
                Err(error) => {
                    failure.try_set(refused(wizard, &error));
                    focus_fault();
                }
            }
        });
    };
    let conflict = move || {
        let saved = saved_meanwhile.get()?;
        let (load, over) = (saved.clone(), saved.revision);
        let take_theirs = move || {
            saved_meanwhile.set(None);
            take(wizard, toasts, &load);
        };
        let save_mine = move || {
            wizard.change(|draft| draft.revision = Some(over));
            save();
        };
        let differences = untrack(|| wizard.differences(&saved));
        Some(view! { <Conflict what="automation" differences=differences on_theirs=take_theirs on_mine=save_mine /> })
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let now = step.get_untracked();
        let to = match now {
            Step::Event => Step::Action,
            Step::Action => Step::Review,
            Step::Review => return save(),
        };
        if !wizard.advance(now, to) {
            focus_fault();
        }
    };

    let body = move || {
        match step.get() {
        Step::Event => view! { <EventStep wizard=wizard /> }.into_any(),
        Step::Action => view! { <ActionStep wizard=wizard testing=testing making=making /> }.into_any(),
        Step::Review => {
            view! { <ReviewStep wizard=wizard testing=testing failure=failure.into() conflict=move || conflict().into_any() /> }
                .into_any()
        }
    }
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
            let refused = Signal::derive(move || test_refusal(wizard, team));
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
                    <Button kind=ButtonKind::Primary submit=true busy=busy refused=team.refusal(Role::Admin)>
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

/// The automation as it was saved meanwhile.
async fn fetch(wizard: Wizard) -> Result<Automation, ApiError> {
    let id = wizard.id().unwrap_or_default();
    wizard.client().get(&calls::automation(&wizard.place().entity, &id, "")).await
}

/// Goes on from a version that was saved meanwhile; the reader's own comes back by Undo.
fn take(wizard: Wizard, toasts: Toasts, saved: &Automation) {
    let mine = (wizard.draft().get_untracked(), wizard.template().get_untracked());
    let (draft, template) = Draft::read(&wizard.place(), saved);
    wizard.load(draft, &template);
    let words = format!("Loaded version {} of “{}”", saved.revision, saved.name);
    toasts.say_with_undo(Glyph::Retry, words, move || wizard.load(mine.0.clone(), &mine.1));
}

/// Why the payload cannot be tested now.
fn test_refusal(wizard: Wizard, team: crate::client::Team) -> Option<String> {
    let refusal = team.refusal(Role::Member).get().or_else(|| team.refusal_in(wizard.owner(), Role::Member).get());
    if refusal.is_some() {
        return refusal;
    }
    match wizard.webhook() {
        // What is saved already sends it for the team.
        Err(NoWebhook::Closed) if wizard.id().is_some() => {}
        Err(why) => return Some(why.words().to_owned()),
        Ok(_) => {}
    }
    wizard.payload_refusal()
}

/// Puts what was refused at its fields; the rest in words.
fn refused(wizard: Wizard, error: &ApiError) -> Option<String> {
    let taken = matches!(error, ApiError::Problem(problem) if problem.code == hookboard_api::problem::ProblemCode::DuplicateName);
    if taken && error.fields().is_empty() {
        let at_name = hookboard_api::problem::FieldError::new("/name", "duplicate_name", error.words());
        wizard.refuse(&[at_name]);
        return None;
    }
    if error.fields().is_empty() {
        return Some(error.words());
    }
    let unplaced = wizard.refuse(error.fields());
    (!unplaced.is_empty()).then(|| unplaced.join(" "))
}

/// What it will do, as far as the form says.
#[component]
fn Sentence(wizard: Wizard) -> impl IntoView {
    let when = move || {
        let scope = wizard.scope().get();
        wizard.draft().with(|draft| sentence::when_named(&draft.shown_trigger(&scope), &scope))
    };
    let then = move || {
        let record = wizard.draft().with(|draft| draft.record);
        match (wizard.step().get(), record, wizard.webhook()) {
            (Step::Event, ..) => view! { <span class="faint">"next: what to send"</span> }.into_any(),
            (_, true, _) => view! { <b>"record only"</b> ", nothing is sent" }.into_any(),
            (_, false, Ok(Webhook { id, .. })) => view! { "POST " <b>{wizard.webhook_name(&id)}</b> }.into_any(),
            (_, false, Err(NoWebhook::Closed)) => {
                let id = wizard.draft().with(|draft| draft.webhook.clone());
                view! { "POST " <b>{wizard.webhook_name(&id)}</b> }.into_any()
            }
            (_, false, Err(NoWebhook::NotChosen)) => {
                view! { <span class="faint">"choose what to send"</span> }.into_any()
            }
            (_, false, Err(_)) => "POST".into_any(),
        }
    };
    view! {
        <p class="rule">
            {live(move || parts_view(when()))} " "
            <span class="rule__then">
                <Icon glyph=Glyph::ArrowRight />
                " "
                {live(then)}
            </span>
        </p>
    }
}

/// The three steps; those that may be shown are links.
#[component]
fn Steps(wizard: Wizard) -> impl IntoView {
    let router = use_router();
    let item = move |(index, (own, label)): (usize, (Step, &'static str))| {
        let inner = move || {
            let (now, last) = (wizard.step().get(), wizard.reachable());
            let been = usize::from(wizard.draft().with(|draft| draft.furthest)) >= index;
            let number = (index + 1).to_string();
            if own == now {
                return view! {
                    <span class="step" aria-current="step">
                        <span class="step__peg">{number}</span>
                        {label}
                    </span>
                }
                .into_any();
            }
            if own < now || (own <= last && been) {
                let done = own < now;
                let peg = if done { view! { <Icon glyph=Glyph::Check /> }.into_any() } else { number.into_any() };
                return view! {
                    <a class="step" data-state=done.then_some("done") href=router.href_to(&wizard.address(own))>
                        <span class="step__peg">{peg}</span>
                        {label}
                    </a>
                }
                .into_any();
            }
            view! {
                <span class="step" aria-disabled="true">
                    <span class="step__peg">{number}</span>
                    {label}
                </span>
            }
            .into_any()
        };
        view! { <li>{live(inner)}</li> }
    };
    view! {
        <nav class="push" aria-label="Steps">
            <ol class="steps">{STEPS.into_iter().enumerate().map(item).collect_view()}</ol>
        </nav>
    }
}
