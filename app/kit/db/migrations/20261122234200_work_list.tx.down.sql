drop index tickets_work_list;
