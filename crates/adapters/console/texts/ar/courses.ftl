courses-list-more = الأحدث أولًا.
courses-new = مقرر جديد
courses-new-more = يكون المالك في قائمته منذ البداية.
courses-filter-query = الاسم أو الشعبة أو القاعة
courses-filter-owner = المالك، بالمعرّف أو العنوان
courses-filter-show = عرض
courses-filter-clear = اعرض كل المقررات
courses-filter-off = أزل عامل التصفية هذا
courses-filter-refused = لا يمكن استخدام عامل التصفية.
courses-any-state = أي حالة
courses-chip-owner = المالك { $owner }
courses-chip-query = “{ $query }”
courses-none-yet = لا توجد مقررات بعد.
courses-none-yet-more = أنشئ مقررًا هنا، أو بعميل لواجهة المقررات.
courses-none-match = لا يوجد مقرر مطابق.
courses-none-match-more = يُعثر على المقرر إذا وردت كل الكلمات في اسمه أو شعبته أو قاعته.
courses-pages = الصفحات
courses-newer = الأحدث
courses-older = الأقدم
courses-first-page = الصفحة الأولى
courses-next-page = الصفحة التالية
courses-created-at = الإنشاء
courses-field-alias = الاسم المستعار
courses-field-name = الاسم
courses-field-section = الشعبة
courses-field-heading = عنوان الوصف
courses-field-description = الوصف
courses-field-room = القاعة
courses-field-owner = المالك
courses-field-state = الحالة
courses-field-subject = المادة
courses-field-levels = المستويات
courses-owner-help = معرّف شخص أو عنوان بريده الإلكتروني.
courses-hand-over-help = لنقل المقرر، اكتب معرّف معلّم آخر من معلّميه أو عنوان بريده الإلكتروني.
courses-alias-help = يبدأ بـ d: للحساب كله، أو بـ p: للمشروع. يمكن أن يبقى فارغًا.
courses-first-state = { $state ->
    [ACTIVE] قيد الاستخدام فورًا.
   *[other] على المالك أن يقبله أولًا.
}
courses-create = إنشاء المقرر
courses-created = أُنشئ المقرر.
courses-not-created = لم يُنشأ المقرر.
courses-save = حفظ
courses-saved = تغيّر المقرر.
courses-not-saved = لم يتغير شيء.
courses-nothing-differs = لم يتغير شيء لأنه لا يوجد فرق.
courses-cancel = إلغاء
courses-edit = تعديل
courses-edit-title = تعديل المقرر
courses-stored-now = المحفوظ الآن:
courses-stale = تغيّر في هذه الأثناء، لذلك لم يُفعل شيء.
courses-stale-more = قيمك ما زالت أدناه بجانب القيم المحفوظة. احفظ مرة أخرى لكتابتها على أي حال.
courses-periods-stale = يعرض النموذج الآن فترات التقييم المحفوظة.
courses-delete = حذف المقرر
courses-delete-ask = حذف…
courses-delete-title = حذف مقرر
courses-delete-more = تُحذف معه أسماؤه المستعارة وقائمة أشخاصه وفترات تقييمه. لا يمكن التراجع عن هذا.
courses-deleted = حُذف المقرر { $id }.
courses-no-deletion = لا يمكن حذف مقرر حالته { $state }. أعد فتحه أولًا.
courses-way-to-deletion = لا يُحذف إلا مقرر مؤرشف. من { $state } انقله بالترتيب إلى: { $way }.
courses-may-delete = المقرر مؤرشف، لذلك يمكن حذفه.
courses-moves-of = اعرض انتقالات
courses-role = { $role ->
    [operator] المشغّل
    [admin] المدير
    [owner] المالك
   *[other] معلّم مشارك
}
courses-machine-title = حالات المقرر
courses-machine-some = { $role ->
    [operator] حالة المقرر { $state }. بصفتك المشغّل يمكنك نقله إلى: { $open }.
    [admin] حالة المقرر { $state }. يستطيع مدير الحساب نقله إلى: { $open }.
    [owner] حالة المقرر { $state }. يستطيع مالكه نقله إلى: { $open }.
   *[other] حالة المقرر { $state }. يستطيع المعلّم المشارك نقله إلى: { $open }.
}
courses-machine-none = { $role ->
    [operator] حالة المقرر { $state }. لا يستطيع المشغّل نقله.
    [admin] حالة المقرر { $state }. لا يستطيع مدير الحساب نقله.
    [owner] حالة المقرر { $state }. لا يستطيع مالكه نقله.
   *[other] حالة المقرر { $state }. لا يستطيع المعلّم المشارك نقله.
}
courses-here = الآن
courses-open-to = { $role ->
    [operator] متاح للمشغّل.
    [admin] متاح لمديري الحساب.
    [owner] متاح للمالك.
   *[other] متاح لكل معلّم.
}
courses-not-open = غير متاح الآن، أو غير متاح لهذا الدور.
courses-needs-role = { $role ->
    [operator] للمشغّل وحده.
    [admin] لمديري الحساب وللمشغّل.
    [owner] للمالك ولمديري الحساب وللمشغّل.
   *[other] للمعلّمين ولمديري الحساب وللمشغّل.
}
courses-first-to = ليس مباشرة من { $from }. انقله إلى { $first } أولًا.
courses-no-way = لا طريق من { $from } إلى { $to }: سبق قبول المقرر.
courses-not-before = لم تكن حالة المقرر { $state } قبل إيقافه.
courses-accept = قبول
courses-accept-effect = يقبل المقرر نيابة عن مالكه. يُعيَّن له تقويم بعد ذلك بقليل.
courses-decline = رفض
courses-decline-effect = يمكن التراجع عنه: يمكن عرضه من جديد.
courses-offer = عرض من جديد
courses-offer-effect = يستطيع مالكه عندئذ أن يقبله.
courses-archive = أرشفة
courses-archive-effect = بعدها لا يتغير إلا حالته. يمكن التراجع عن ذلك.
courses-reactivate = تفعيل
courses-reactivate-effect = يمكن تغييره بعدها من جديد.
courses-suspend = إيقاف
courses-suspend-effect = بعدها لا يراه إلا مالكه، ولا يستطيع أي طلب تغييره.
courses-restore = إعادة فتح
courses-restore-back = ينهي الإيقاف: كانت هذه حالة المقرر من قبل.
courses-restore-other = ينهي الإيقاف في هذه الحالة التي لا تحتاج إلى قبول.
courses-moved = حالة المقرر الآن { $state }.
courses-suspended-from = SUSPENDED، وقبلها { $state }
courses-details = التفاصيل
courses-calendar-soon = يُعيَّن قريبًا
courses-calendar-later = يُعيَّن عندما تصبح حالته ACTIVE
courses-gradebook = سجل الدرجات
courses-roster = قائمة الأشخاص
courses-roster-empty = القائمة فارغة. أضف شخصًا أدناه.
courses-teachers = المعلّمون
courses-students = الطلاب
courses-person = الشخص
courses-role-of-member = الدور
courses-membership = { $membership ->
    [owner] المالك
    [teacher] معلّم
   *[other] طالب
}
courses-owner-first = انقل الملكية أولًا
courses-add-person = أضف بالمعرّف أو العنوان
courses-add-as = إلى القائمة
courses-add = إضافة
courses-remove = إزالة
courses-member-added = أُضيف الشخص.
courses-member-removed = أُزيل { $name }.
courses-aliases = الأسماء المستعارة
courses-aliases-more = فريدة في الحساب (d:) أو في مشروع (p:)
courses-aliases-empty = ليس للمقرر أسماء مستعارة. يسمّيه العملاء بمعرّفه.
courses-alias = الاسم المستعار
courses-new-alias = اسم مستعار جديد
courses-seen-by = يراه
courses-seen-by-account = الحساب كله
courses-seen-by-project = المشروع
courses-alias-added = أُضيف الاسم المستعار { $alias }.
courses-alias-removed = أُزيل الاسم المستعار { $alias }.
courses-periods-title = فترات التقييم
courses-periods-more = مرتبة ومن دون أيام مشتركة. الصفوف الفارغة لا تُحسب.
courses-periods-empty = ليس للمقرر فترات تقييم.
courses-periods-apply = طبّقها على الواجبات الموجودة أيضًا
courses-periods-saved = تغيّرت فترات التقييم.
courses-periods-refused = لا يمكن استخدام بعض فترات التقييم. الأسباب مذكورة في صفوفها.
courses-period-title = العنوان
courses-period-start = اليوم الأول
courses-period-end = اليوم الأخير
courses-period-current = الحالية
courses-period-problem = { $field ->
    [title] العنوان: { $problem }
    [start] اليوم الأول: { $problem }
    [end] اليوم الأخير: { $problem }
   *[other] المعرّف: { $problem }
}
courses-days = من { $first } إلى { $last }
courses-required = هذا مطلوب.
courses-unusable = لا يمكن استخدام هذا. حمّل الصفحة من جديد.
courses-text-characters = في النص رموز لا يمكن حفظها.
courses-text-too-long = { $max ->
    [few] { $max } أحرف على الأكثر.
    [many] { $max } حرفًا على الأكثر.
   *[other] { $max } حرف على الأكثر.
}
courses-no-first-state = لا يمكن أن يبدأ المقرر بالحالة { $state }.
courses-no-date = هذا ليس تاريخًا.
courses-too-many-periods = توجد أكثر من 100 فترة تقييم.
courses-title-twice = لفترة سابقة العنوان نفسه.
courses-end-before-start = تنتهي قبل أن تبدأ.
courses-out-of-order = هي أبكر من الفترة التي قبلها.
courses-overlap = لها أيام مشتركة مع الفترة التي قبلها.
courses-denied = الحساب لا يسمح بهذا.
courses-no-licence = ليس للحساب ترخيص لكتابة فترات التقييم.
courses-no-such-person = لا يوجد شخص كهذا في الحساب.
courses-not-archived = لا يمكن حذف مقرر حالته { $state }. أرشفه أولًا.
courses-alias-taken = هذا الاسم المستعار لمقرر آخر.
courses-no-project = الاسم المستعار الذي يبدأ بـ p: يحتاج إلى مشروع، وليس للحساب مشروع.
courses-no-aliases-in = لا يمكن تغيير الأسماء المستعارة لمقرر حالته { $state }.
courses-not-modifiable = في مقرر حالته { $state } لا تتغير إلا الحالة.
courses-not-suspended = حالة المقرر { $state }، فهو غير موقوف.
courses-unknown-origin = الحالة قبل الإيقاف غير معروفة. اختر الحالة التي يستمر فيها المقرر.
courses-refused = لا يمكن استخدام بعض الحقول. الأسباب مذكورة بجانبها.
courses-cannot-own = لا يملك المقرر إلا شخص.
courses-person-inactive = هذا الشخص معطّل أو محذوف.
courses-name-has-url = لا يمكن أن يحتوي اسم المقرر على عنوان صفحة ويب.
courses-no-such-move = لا يمكن أن يصبح مقرر حالته { $from } بالحالة { $to }.
courses-owner-already = هذا الشخص يملك المقرر من قبل.
courses-owner-no-teacher = لا يصبح مالكًا إلا معلّم آخر من معلّمي المقرر. أضف الشخص إلى المعلّمين أولًا.
courses-alias-no-scope = يبدأ الاسم المستعار بـ d: أو p:
courses-alias-empty = يحتاج الاسم المستعار إلى اسم بعد بادئته.
courses-alias-too-long = الاسم المستعار 256 حرفًا على الأكثر.
courses-already-member = { $membership ->
    [owner] هذا الشخص يملك المقرر.
    [teacher] هذا الشخص معلّم في المقرر من قبل.
   *[other] هذا الشخص طالب في المقرر من قبل.
}
courses-not-member = هذا الشخص ليس في هذه القائمة.
courses-owner-stays = لا يمكن إزالة المالك. انقل المقرر أولًا.
