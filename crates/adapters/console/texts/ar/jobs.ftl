jobs-title = المهمة { $id }
jobs-action-erase-user = محو مستخدم
jobs-action-erase-users = محو عدة مستخدمين
jobs-action-assign-calendar = تعيين تقويم
jobs-action-expire-sessions = إنهاء الجلسات المنقضية
jobs-action-index-sessions = فهرسة الجلسات
jobs-action-seal-audit = ختم سجل التدقيق
jobs-action-prune = إزالة القديم
jobs-action-prune-audit = إزالة القديم من سجل التدقيق
jobs-state-scheduled = مجدولة
jobs-state-retrying = تُعاد المحاولة
jobs-state-running = قيد التنفيذ
jobs-state-cancelled = ملغاة
jobs-state-failed = فاشلة
jobs-state-completed = مكتملة
jobs-tab-all = الكل
jobs-tab-scheduled = المجدولة
jobs-tab-running = قيد التنفيذ
jobs-tab-cancelled = الملغاة
jobs-tab-failed = الفاشلة
jobs-tab-completed = المكتملة
jobs-count = { $count }
jobs-count-more = { $count }+
jobs-cancel = إلغاء
jobs-retry = إعادة المحاولة
jobs-run-now = تشغيل الآن
jobs-new = محو مستخدم…
jobs-filters = المرشّحات
jobs-filter-text = المعرّف أو المرجع كاملًا
jobs-filter-action = الإجراء
jobs-filter-since = تغيّرت منذ
jobs-project = المشروع
jobs-any = الكل
jobs-since-ever = أي وقت
jobs-since-hour = ساعة
jobs-since-day = يوم
jobs-since-week = أسبوع
jobs-show = عرض
jobs-without-filter = العرض دون هذا المرشّح
jobs-clear = إزالة المرشّحات
jobs-selected = المحدد: { $count }
jobs-select-some = حدّد مهام لتغييرها
jobs-select-all = تحديد كل ما في هذه الصفحة
jobs-select = تحديد المهمة { $id }
jobs-column-id = المعرّف
jobs-column-job = المهمة
jobs-column-about = الموضوع
jobs-column-state = الحالة
jobs-column-attempt = المحاولة
jobs-column-time = الموعد أو البداية
jobs-column-verdict = ما سيحدث
jobs-column-kind = النوع
jobs-column-rows = الصفوف
jobs-internal = داخلية
jobs-pages = الصفحات
jobs-newer = الأحدث
jobs-older = الأقدم
jobs-order = الأحدث أولًا، { $count } في الصفحة
jobs-order-filtered = الأحدث أولًا. تنظر المرشّحات في أحدث { $count } مهمة.
jobs-empty = لا توجد مهام بعد.
jobs-empty-more = يطلبها العملاء عبر واجهة المهام، وتُنشئ الخدمة بعضها بنفسها.
jobs-empty-state = لا توجد مهمة في هذه الحالة.
jobs-empty-state-more = تعرض علامات التبويب الحالات الأخرى.
jobs-empty-filtered = لا توجد مهمة تطابق هذه المرشّحات.
jobs-failed-now = { $count ->
    [0] لم تفشل أي مهمة.
    [one] فشلت مهمة واحدة.
    [two] فشلت مهمتان.
    [few] فشلت { $count } مهام.
   *[other] فشلت { $count } مهمة.
}
jobs-failed-many = فشلت أكثر من { $count } مهمة.
jobs-rows = { $count ->
    [one] مُحي صف واحد
    [two] مُحي صفّان
    [few] مُحيت { $count } صفوف
    [many] مُحي { $count } صفًّا
   *[other] مُحي { $count } صف
}
jobs-why-viewer = يستطيع المشغّل فعل ذلك.
jobs-not-completed = اكتملت.
jobs-not-cancelled = أُلغيت وتبقى ملغاة.
jobs-not-running = هي قيد التنفيذ.
jobs-not-scheduled = لم تفشل نهائيًا: هي تنتظر ويمكن تشغيلها الآن.
jobs-not-failed = فشلت: يمكن إعادة محاولتها.
jobs-not-now = لا يمكن تغييرها في حالتها الراهنة.
jobs-not-found = لا توجد مهمة كهذه: ربما أُزيلت لقِدمها.
jobs-not-known = أنشأها إصدار أحدث من الخدمة. هذا الإصدار لا يمسّها.
jobs-not-alone = هناك مهمة أخرى للموضوع نفسه مجدولة أو قيد التنفيذ.
jobs-no-deed = لا يبيّن النموذج ما يُفعل بالمهام.
jobs-none-chosen = لم تُحدَّد أي مهمة.
jobs-too-many = يُغيَّر { $count } مهمة على الأكثر في المرة الواحدة.
jobs-ask-cancel = { $count ->
    [one] إلغاء مهمة واحدة؟
    [two] إلغاء مهمتين؟
    [few] إلغاء { $count } مهام؟
   *[other] إلغاء { $count } مهمة؟
}
jobs-ask-retry = { $count ->
    [one] إعادة محاولة مهمة واحدة؟
    [two] إعادة محاولة مهمتين؟
    [few] إعادة محاولة { $count } مهام؟
   *[other] إعادة محاولة { $count } مهمة؟
}
jobs-ask-run-now = { $count ->
    [one] تشغيل مهمة واحدة الآن؟
    [two] تشغيل مهمتين الآن؟
    [few] تشغيل { $count } مهام الآن؟
   *[other] تشغيل { $count } مهمة الآن؟
}
jobs-sure-cancel = { $count ->
    [one] إلغاء مهمة واحدة
    [two] إلغاء مهمتين
    [few] إلغاء { $count } مهام
   *[other] إلغاء { $count } مهمة
}
jobs-sure-retry = { $count ->
    [one] إعادة محاولة مهمة واحدة
    [two] إعادة محاولة مهمتين
    [few] إعادة محاولة { $count } مهام
   *[other] إعادة محاولة { $count } مهمة
}
jobs-sure-run-now = { $count ->
    [one] تشغيل مهمة واحدة الآن
    [two] تشغيل مهمتين الآن
    [few] تشغيل { $count } مهام الآن
   *[other] تشغيل { $count } مهمة الآن
}
jobs-did-cancel = { $count ->
    [one] أُلغيت مهمة واحدة.
    [two] أُلغيت مهمتان.
    [few] أُلغيت { $count } مهام.
   *[other] أُلغيت { $count } مهمة.
}
jobs-did-retry = { $count ->
    [one] تُعاد محاولة مهمة واحدة.
    [two] تُعاد محاولة مهمتين.
    [few] تُعاد محاولة { $count } مهام.
   *[other] تُعاد محاولة { $count } مهمة.
}
jobs-did-run-now = { $count ->
    [one] تعمل مهمة واحدة الآن.
    [two] تعمل مهمتان الآن.
    [few] تعمل { $count } مهام الآن.
   *[other] تعمل { $count } مهمة الآن.
}
jobs-did-nothing = لم يتغير شيء.
jobs-refused-one = { $id }: { $reason }
jobs-refused-more = { $count ->
    [one] لم تتغير مهمة أخرى.
    [two] لم تتغير مهمتان أخريان.
    [few] لم تتغير { $count } مهام أخرى.
   *[other] لم تتغير { $count } مهمة أخرى.
}
jobs-unanswered = { $count ->
    [one] لم تجب قاعدة البيانات: ربما لم تتغير مهمة واحدة.
    [two] لم تجب قاعدة البيانات: ربما لم تتغير مهمتان.
    [few] لم تجب قاعدة البيانات: ربما لم تتغير { $count } مهام.
   *[other] لم تجب قاعدة البيانات: ربما لم تتغير { $count } مهمة.
}
jobs-verdicts = ما سيحدث
jobs-nothing-yet = لم يُفعل شيء بعد
jobs-nothing-possible = هذا غير ممكن لأيٍّ منها.
jobs-back = رجوع
jobs-will-end = تُلغى
jobs-will-end-after = { $count ->
    [one] تُلغى، وقد مُحي صف واحد
    [two] تُلغى، وقد مُحي صفّان
    [few] تُلغى، وقد مُحيت { $count } صفوف
    [many] تُلغى، وقد مُحي { $count } صفًّا
   *[other] تُلغى، وقد مُحي { $count } صف
}
jobs-will-stop = تتوقف عند دفعتها التالية
jobs-will-stop-after = { $count ->
    [one] تتوقف عند دفعتها التالية، وقد مُحي صف واحد
    [two] تتوقف عند دفعتها التالية، وقد مُحي صفّان
    [few] تتوقف عند دفعتها التالية، وقد مُحيت { $count } صفوف
    [many] تتوقف عند دفعتها التالية، وقد مُحي { $count } صفًّا
   *[other] تتوقف عند دفعتها التالية، وقد مُحي { $count } صف
}
jobs-will-retry = تُعاد محاولتها الآن بكل محاولاتها
jobs-will-run = تبدأ حالما يفرغ عامل
jobs-hint-running = هي قيد التنفيذ. تتوقف المهمة الملغاة عند دفعتها التالية.
jobs-hint-internal = أنشأت الخدمة هذه المهمة بنفسها. لا يدرجها أي مشروع، لذا لا تعرضها واجهة المهام.
jobs-progress-rows = { $count ->
    [one] أُنجز صف واحد حتى الآن
    [two] أُنجز صفّان حتى الآن
    [few] أُنجزت { $count } صفوف حتى الآن
    [many] أُنجز { $count } صفًّا حتى الآن
   *[other] أُنجز { $count } صف حتى الآن
}
jobs-progress-erased = ما مُحي حتى الآن
jobs-progress-users = { $count ->
    [one] ما مُحي حتى الآن: مستخدم واحد بالكامل
    [two] ما مُحي حتى الآن: مستخدمان بالكامل
    [few] ما مُحي حتى الآن: { $count } مستخدمين بالكامل
   *[other] ما مُحي حتى الآن: { $count } مستخدم بالكامل
}
jobs-erasing-now = يُمحى الآن
jobs-kind-credentials = بيانات الاعتماد
jobs-kind-attendances = حالات الحضور
jobs-kind-sessions = الجلسات
jobs-kind-memberships = العضويات
jobs-kind-answers = الردود المخزّنة
jobs-kind-profile = الملف الشخصي
jobs-timeline = الخط الزمني
jobs-facts = كما تعرضها الواجهة
jobs-records = سجلات التدقيق
jobs-no-records = لا يوجد في سجل التدقيق شيء عن هذه المهمة.
jobs-more-records = هناك سجلات أقدم.
jobs-who-operator = المشغّل
jobs-who-admin = المدير { $name }
jobs-who-principal = الهوية { $id } ببيانات الاعتماد { $credential }
jobs-line-asked = طُلبت
jobs-line-asked-by = طلبها { $who }
jobs-line-asked-itself = طلبتها الخدمة بنفسها
jobs-line-start = يمكن أن تبدأ من { $time }.
jobs-line-failed = فشلت المحاولة { $attempt }
jobs-line-running = المحاولة { $attempt } قيد التنفيذ
jobs-line-next = المحاولة { $attempt } مجدولة
jobs-line-due = حان وقت المحاولة { $attempt }
jobs-line-lease = العامل { $worker }، الحجز حتى { $time }
jobs-line-retried = أعاد { $who } محاولتها
jobs-line-run-now = شغّلها { $who } فورًا
jobs-line-cancelled = أُلغيت
jobs-line-cancelled-by = ألغاها { $who }
jobs-line-gave-up = فشلت نهائيًا
jobs-line-completed = اكتملت
jobs-reason-transient = قد يزول السبب.
jobs-reason-permanent = السبب باقٍ، لذا لا تُعاد المحاولة.
jobs-reason-lease-expired = لم يجدّد العامل حجزه في الوقت المناسب.
jobs-reason-panicked = انقطع البرنامج في أثنائها.
jobs-new-title = محو مستخدم
jobs-new-user = من يُمحى
jobs-new-more = يُزال كل ما يخص المستخدم: بيانات الاعتماد وحالات الحضور وجلساته والعضويات والملف الشخصي. تبيّن الصفحة التالية مقدار ذلك.
jobs-new-name = المستخدم
jobs-new-name-help = أي معرّف للمستخدم: رقم أو GUID أو عنوان أو اسم مستخدم أو رمز ضيف.
jobs-new-project-help = المشروع الذي يدرج المهمة.
jobs-new-start = البداية
jobs-new-midnight = عند منتصف الليل التالي بالتوقيت العالمي، ويمكن إلغاؤها حتى ذلك الحين:
jobs-new-now = الآن
jobs-new-go = عرض ما سيُمحى
jobs-new-refused = لا يمكن استخدام هذه القيمة.
jobs-new-user-missing = اذكر المستخدم.
jobs-new-user-unusable = { $max } حرف على الأكثر، وكلها مقروءة.
jobs-confirm-title = محو هذا المستخدم؟
jobs-confirm-person = شخص في الحساب له هذا المعرّف:
jobs-confirm-stranger = لا أحد في الحساب له هذا المعرّف الآن. ومع ذلك تُمحى حالات الحضور والأشخاص المحذوفون تحته.
jobs-confirm-total = { $count ->
    [0] لا شيء يُمحى الآن.
    [one] سيُمحى الآن صف واحد.
    [two] سيُمحى الآن صفّان.
    [few] ستُمحى الآن { $count } صفوف.
    [many] سيُمحى الآن { $count } صفًّا.
   *[other] سيُمحى الآن { $count } صف.
}
jobs-confirm-no-preview = لا يمكن هنا تحديد مقدار ما سيُمحى.
jobs-confirm-now = يبدأ حالما يفرغ عامل.
jobs-confirm-later = يبدأ عند منتصف الليل التالي بالتوقيت العالمي:
jobs-confirm-final = ما يُمحى لا يعود.
jobs-confirm-go = محو المستخدم
jobs-did-erase = المحو هو المهمة { $id }.
